import { CodedError, err, ok, type Result } from '../../common/index.js';
import { norm } from '../checks/similarity.js';
import type { DeltaShapes } from '../delta/delta-codec.js';
import type { BlockAccess } from '../source/block-access.js';
import { readReleaseOf, type ReleaseModel } from '../source/release-model.js';
import { tensorValues } from '../source/tensor-values.js';
import { ROUND_LIMITS, type RoundTerms } from './terms.js';

/** The experts of a round as everybody begins with them. */
export interface RoundBase {
  /** Of its blocks only those of the experts. */
  readonly model: ReleaseModel;
  /** Tensors of all experts in the order in which updates hold them. */
  readonly tensors: readonly BaseTensor[];
  /** Weights of all of them. */
  readonly size: number;
  /** Euclidean length of all of them. */
  readonly length: number;
}

/** A tensor of an expert of a round. */
export interface BaseTensor {
  readonly block: string;
  readonly tensor: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  /** Where it begins in an update. */
  readonly offset: number;
}

/**
 * Reads the experts of a round; refuses with what the source refuses with, with `ROUND_EXPERT` for one that the model has not, and with
 * `ROUND_TOO_LARGE` where updates of so many members are more than is worked on.
 */
export async function readRoundBase(
  access: BlockAccess,
  terms: Pick<RoundTerms, 'release' | 'experts' | 'most'>,
): Promise<Result<RoundBase>> {
  const wanted = new Set(terms.experts);
  const read = await readReleaseOf(access, terms.release, () => undefined, wanted);
  if (!read.ok) return read;
  const model = read.value;
  const missing = terms.experts.find((expert) => !model.blocks.has(expert));
  if (missing !== undefined)
    return err(new CodedError('ROUND_EXPERT', `${model.model} has no ${missing}`, { expert: missing }));
  const size = terms.experts
    .flatMap((expert) => model.blocks.get(expert)?.tensors ?? [])
    .reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  if (size > ROUND_LIMITS.values || size * terms.most > ROUND_LIMITS.valuesOfAll) {
    const message = `${terms.most} updates of ${size} weights are more than a round takes: fewer experts or members`;
    return err(new CodedError('ROUND_TOO_LARGE', message, { weights: size, members: terms.most }));
  }
  const tensors = tensorsOf(model, terms.experts);
  const length = Math.hypot(...tensors.map(({ values }) => norm(values)));
  return ok({ model, tensors, size, length });
}

/** What a compressed update of these experts must hold: each tensor by the names of its block and its own. */
export function roundShapes({ tensors }: Pick<RoundBase, 'tensors'>): DeltaShapes {
  return new Map(tensors.map((tensor) => [deltaName(tensor), tensor]));
}

/** What a tensor is called in a delta. */
export function deltaName({ block, tensor }: Pick<BaseTensor, 'block' | 'tensor'>): string {
  return `${block}/${tensor}`;
}

function tensorsOf(model: ReleaseModel, experts: readonly string[]): BaseTensor[] {
  let offset = 0;
  return experts.flatMap((block) =>
    (model.blocks.get(block)?.tensors ?? []).map(({ name, rows, columns }) => {
      const values = tensorValues(model, block, name);
      const placed = { block, tensor: name, rows, columns, values, offset };
      offset += values.length;
      return placed;
    }),
  );
}
