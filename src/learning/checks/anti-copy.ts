import { Injectable } from '@nestjs/common';
import { BlockReader, type StoredBlock } from '../../chain/index.js';
import { unwrap, type Json } from '../../common/index.js';
import { parseTensorDirectory } from '../../experts/index.js';
import { NodeKeys } from '../../keys/index.js';
import { vectorOf, type BlockContent } from './block-values.js';
import { cosineByNeurons, neuronsOf, type Neurons } from './neurons.js';
import { cosine } from './similarity.js';

/** A candidate beside the block it comes from. */
export interface CopyQuestion extends BlockContent {
  readonly model: string;
  readonly name: string;
  readonly payloadHash: string;
  /** Hash of its parent block. */
  readonly parent: string;
}

/** What was found. */
export interface CopyFinding {
  /** The existing expert that it is most like, and how much; null where there is none to compare with. */
  readonly nearest: { readonly block: string; readonly name: string | null; readonly cosine: number } | null;
  /** Experts it was compared with, of those of its shape. */
  readonly compared: number;
  readonly of: number;
}

/** What is compared of an expert: its weights as they are stored, and its neurons whatever their order. */
interface Weights {
  readonly vector: Float32Array;
  readonly neurons: Neurons | null;
}

/** From here on an expert is a copy of another. */
export const COPY_COSINE = 0.95;

/** Values that are compared of one expert. */
const MOST_VALUES = 1 << 20;
/** Bytes that are read for one comparison. */
const MOST_BYTES = 2 ** 31;
/** Common ancestors that are kept for one comparison. */
const MOST_ORIGINS = 16;
const PAGE = 1_000;
const MOST_EXPERTS = 100_000;

/**
 * Looks for the existing expert that a candidate is most like. Its parent and the parent's own ancestors do not count: it comes from
 * them. What descends from one of these is compared by what training changed since the nearest one, because all of it is alike otherwise.
 * Experts are compared weight by weight and neuron by neuron, and the larger likeness counts: neurons in another order compute the same.
 */
@Injectable()
export class AntiCopy {
  private readonly salt: number;

  constructor(
    private readonly reader: BlockReader,
    keys: NodeKeys,
  ) {
    this.salt = new DataView(keys.tokenSecret.slice(0, 4).buffer).getUint32(0);
  }

  /** Throws what a damaged store throws. */
  async find(question: CopyQuestion): Promise<CopyFinding> {
    const experts = await this.experts();
    const ancestors = ancestorsOf(question.parent, experts);
    const shape = shapeOf(question.tensors);
    const others = [...experts.values()].filter(
      ({ hash, header }) => !ancestors.has(hash) && shapeOf(header.metadata.tensors) === shape,
    );
    const own = this.weights(question);
    const origins = new Map<string, Weights | null>();
    let nearest: CopyFinding['nearest'] = null;
    let [bytes, compared] = [0, 0];
    for (const other of nearestFirst(others, question)) {
      bytes += other.header.payload_size;
      if (bytes > MOST_BYTES) break;
      const line = ancestorsOf(other.hash, experts);
      const common = [...ancestors].find((hash) => line.has(hash));
      const similarity =
        other.header.payload_hash === question.payloadHash
          ? 1
          : await this.similarity(own, other, await this.origin(common, experts, origins));
      compared++;
      if (nearest === null || similarity > nearest.cosine)
        nearest = { block: other.hash, name: other.header.name, cosine: similarity };
    }
    return { nearest, compared, of: others.length };
  }

  private async similarity(own: Weights, other: StoredBlock, from: Weights | null): Promise<number> {
    const weights = await this.weightsOfBlock(other);
    if (weights === null || weights.vector.length !== own.vector.length) return 0;
    const origin = from?.vector.length === own.vector.length ? from : null;
    const asStored = cosine(own.vector, weights.vector, origin?.vector);
    if (asStored >= COPY_COSINE || own.neurons === null || weights.neurons === null) return asStored;
    const { neurons = null } = origin ?? {};
    return Math.max(asStored, cosineByNeurons(own.neurons, weights.neurons, neurons, this.salt));
  }

  /** What both come from, of which a few are kept. */
  private async origin(
    hash: string | undefined,
    experts: ReadonlyMap<string, StoredBlock>,
    kept: Map<string, Weights | null>,
  ): Promise<Weights | null> {
    if (hash === undefined) return null;
    const known = kept.get(hash);
    if (known !== undefined) return known;
    const weights = await this.weightsOfBlock(experts.get(hash));
    if (kept.size >= MOST_ORIGINS) kept.clear();
    kept.set(hash, weights);
    return weights;
  }

  private async weightsOfBlock(block: StoredBlock | undefined): Promise<Weights | null> {
    if (block === undefined) return null;
    const { hash, header } = block;
    const payload = unwrap(await this.reader.payload(hash));
    const tensors = unwrap(parseTensorDirectory(header.metadata.tensors, header.payload_size));
    return this.weights({ payload, tensors });
  }

  private weights(content: BlockContent): Weights {
    return { vector: vectorOf(content, MOST_VALUES, this.salt), neurons: neuronsOf(content, this.salt) };
  }

  private async experts(): Promise<Map<string, StoredBlock>> {
    const found = new Map<string, StoredBlock>();
    for (let cursor: string | undefined; found.size < MOST_EXPERTS;) {
      const page = unwrap(
        await this.reader.list(
          'B',
          { type: 'expert' },
          { limit: PAGE, ...(cursor !== undefined && { cursor }) },
        ),
      );
      for (const block of page.items) found.set(block.hash, block);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    return found;
  }
}

/** A block and all it comes from, as `metadata.parent` says, the nearest first. */
function ancestorsOf(block: string, experts: ReadonlyMap<string, StoredBlock>): Set<string> {
  const found = new Set<string>();
  for (let at: Json | undefined = block; typeof at === 'string' && !found.has(at);) {
    found.add(at);
    at = experts.get(at)?.header.metadata.parent;
  }
  return found;
}

/** What tensors of the same shape have in common, whatever they are called and however they are stored. */
function shapeOf(tensors: unknown): string {
  const sizes = Array.isArray(tensors) ? (tensors as { rows?: unknown; columns?: unknown }[]) : [];
  return sizes.map(({ rows, columns }) => `${String(rows)}x${String(columns)}`).join();
}

/** Those of the same model and name first, for a store that is too large to compare with all of it. */
function nearestFirst(blocks: readonly StoredBlock[], { model, name }: CopyQuestion): StoredBlock[] {
  const distance = ({ header }: StoredBlock) =>
    (header.metadata.model === model ? 0 : 2) + (header.name === name ? 0 : 1);
  return blocks.toSorted((a, b) => distance(a) - distance(b));
}
