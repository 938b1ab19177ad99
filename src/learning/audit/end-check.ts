import { bytesToHex, CodedError, err, ok, type Result, type Sha256 } from '../../common/index.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import type { WeightValues } from '../trainer/model-weights.js';
import { NO_STEP, partHash, stateLink, trainedSizes, trainedTensors } from '../trainer/state-link.js';
import type { AuditFacts } from './audit-facts.js';
import type { EndOpening } from './opening.js';

/** The payload of a block with these values, as a release stores it. */
export type EncodeBlock = (name: string, valuesOf: WeightValues) => Uint8Array;

/** What the end is checked with. */
export interface EndCheckParts {
  readonly config: ModelConfig;
  readonly encode: EncodeBlock;
  readonly sha256: Sha256;
}

/** Moments of each tensor. */
const MOMENTS = 2;
const HASH_BYTES = 32;

/**
 * `AUDIT_WEIGHTS`: the values that the last link names, stored in the precision of the release, are the blocks that were handed in.
 * A training without updates has nothing to show and is refused as well.
 */
export function checkEnd(
  facts: AuditFacts,
  { values, moments }: EndOpening,
  { config, encode, sha256 }: EndCheckParts,
): Result<void> {
  const sizes = trainedSizes(config, facts.plan.blocks);
  const last = facts.steps.at(-1)?.hash;
  if (last === undefined) return refused('the manifest has no update');
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const hashed = moments.length === sizes.length * MOMENTS && moments.every((m) => m.length === HASH_BYTES);
  if (values.length !== total || !hashed) return refused('the values at the end have another size');
  const tensors = split(values, sizes);
  const hashes = tensors.flatMap((tensor, i) => [
    partHash(tensor, sha256),
    ...moments.slice(i * MOMENTS, (i + 1) * MOMENTS),
  ]);
  if (stateLink(facts.steps.at(-2)?.hash ?? NO_STEP, hashes, sha256) !== last)
    return refused('the values at the end are not those of the last link');
  const valuesOf = trainedValues(config, facts.plan.blocks, values);
  const other = facts.blocks.find(
    ({ name, payloadHash }) => bytesToHex(sha256(encode(name, valuesOf))) !== payloadHash,
  );
  if (other === undefined) return ok();
  return refused(`${other.name} is not what the training ended with`);
}

/** Values of trained tensors that lie one after the other, in the order of states, as blocks ask for them. */
export function trainedValues(
  config: ModelConfig,
  blocks: readonly string[],
  values: Float32Array,
): WeightValues {
  const names = trainedTensors(config, blocks).map(({ block, tensor }) => `${block}/${tensor}`);
  const tensors = split(values, trainedSizes(config, blocks));
  const found = new Map(names.map((name, i) => [name, tensors[i]]));
  return (block, tensor) => {
    const value = found.get(`${block}/${tensor}`);
    if (value === undefined) throw new Error(`no ${block}/${tensor} was trained`);
    return value;
  };
}

function split(values: Float32Array, sizes: readonly number[]): Float32Array[] {
  let offset = 0;
  return sizes.map((size) => values.subarray(offset, (offset += size)));
}

function refused(detail: string): Result<never> {
  return err(new CodedError('AUDIT_WEIGHTS', detail));
}
