import { digestPayload, type BlockHeader } from '../../chain/index.js';
import { CodedError, err, ok, unwrap, type Json, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import {
  parseModelConfig,
  parseReleasePayload,
  parseTensorDirectory,
  type ReleasePayload,
} from '../../experts/index.js';
import { Grammars } from '../constraints/index.js';
import {
  PlainWeights,
  settle,
  type Referee,
  type Statement,
  type Verdict,
  type Witness,
} from '../dispute/index.js';
import { MemoryBlockSource, type EngineModel, type WeightBlock } from '../kernel/index.js';
import { serveModel } from '../models/served-model.js';

/** Reads a block from anywhere; header and payload have been checked against the hash that was asked for. */
export type ReadBlock = (
  chain: 'A' | 'B',
  hash: string,
) => Promise<Result<{ readonly header: BlockHeader; readonly payload: Uint8Array }>>;

/** Blocks of weights that one verdict may need: the operator's, and the next for what the first one names. */
const MOST_BLOCKS = 4;

/**
 * The referee of a release that is somewhere else: of the weights it fetches only the blocks that the disputed operator reads. The
 * release names them by hash; each payload must have the hash and the Merkle root (256 KiB tiles) that its signed header states.
 */
export class FetchedReferee {
  private readonly blocks: WeightBlock[] = [];
  private readonly payloads = new Map<string, Uint8Array>();

  private constructor(
    private readonly read: ReadBlock,
    private readonly release: ReleasePayload,
    private readonly model: EngineModel,
  ) {}

  /** Reads what the release says of its model. Refuses as reading does, and with `DISPUTE_RELEASE` what it cannot use. */
  static async open(read: ReadBlock, hash: string): Promise<Result<FetchedReferee>> {
    const payload = await readJson(read, hash);
    if (!payload.ok) return payload;
    const release = parseReleasePayload(payload.value);
    if (!release.ok) return release;
    const meta = await readJson(read, release.value.meta);
    if (!meta.ok) return meta;
    const config = parseModelConfig(meta.value);
    if (!config.ok) return config;
    const { model, version, tokenizer: source } = release.value;
    const tokenizer = source === null ? ok(null) : await readJson(read, source);
    if (!tokenizer.ok) return tokenizer;
    const engine = { release: hash, config: config.value, blocks: [] };
    const served = serveModel({ model, version, tokenizer: tokenizer.value, engine });
    return served.ok ? ok(new FetchedReferee(read, release.value, served.value.engine)) : served;
  }

  /** What the release computes. */
  get config(): EngineModel['config'] {
    return this.model.config;
  }

  /** Settles between two sides; refuses as they do, and as the blocks do that the referee needs. */
  async settle(a: Witness, b: Witness): Promise<Result<Verdict>> {
    for (;;) {
      const verdict = await settle(a, b, this.referee(a.statement));
      if (verdict.ok || verdict.error.code !== 'MODEL_BLOCK_ABSENT') return verdict;
      const name = String(verdict.error.facts.name);
      if (this.blocks.length >= MOST_BLOCKS || this.payloads.has(name)) return verdict;
      const fetched = await this.fetch(name);
      if (!fetched.ok) return fetched;
    }
  }

  private referee({ sampling: { constraint } }: Statement): Referee {
    const source = new MemoryBlockSource(this.payloads, nativeSha256);
    const weights = new PlainWeights({ ...this.model, blocks: this.blocks }, source);
    const { vocabulary } = this.model;
    if (constraint === undefined || vocabulary === undefined) return { weights, sha256: nativeSha256 };
    const grammars = new Grammars(vocabulary);
    return { weights, sha256: nativeSha256, filter: () => unwrap(grammars.matcher(constraint)) };
  }

  private async fetch(name: string): Promise<Result<void>> {
    const hash = this.release.weights[name];
    if (hash === undefined) return err(unusable(`it names no block for ${name}`));
    const block = await this.read('B', hash);
    if (!block.ok) return block;
    const { header, payload } = block.value;
    if (header.name !== name) return err(unusable(`its block for ${name} is ${header.name ?? 'nameless'}`));
    if (digestPayload(payload).root !== header.payload_root)
      return err(unusable(`the tiles of its block for ${name} do not have the root it states`));
    const tensors = parseTensorDirectory(header.metadata.tensors, payload.length);
    if (!tensors.ok) return tensors;
    const facts = { payloadHash: header.payload_hash, payloadSize: payload.length, path: '' };
    this.blocks.push({ name, block: hash, ...facts, tensors: tensors.value });
    this.payloads.set(name, payload);
    return ok();
  }
}

async function readJson(read: ReadBlock, hash: string): Promise<Result<Json>> {
  const block = await read('A', hash);
  if (!block.ok) return block;
  try {
    return ok(JSON.parse(new TextDecoder().decode(block.value.payload)) as Json);
  } catch {
    return err(unusable(`block ${hash} holds no JSON`));
  }
}

function unusable(detail: string): CodedError {
  return new CodedError('DISPUTE_RELEASE', `the release cannot be used: ${detail}`);
}
