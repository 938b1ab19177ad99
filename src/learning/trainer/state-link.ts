import { bytesToHex, concatBytes, hexToBytes, type Sha256 } from '../../common/hash.js';
import { routerRowPlace } from '../../experts/tensorblock/growth.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';

/** The link before the first update. */
export const NO_STEP = '00'.repeat(32);

/** What a state holds of each trained value: itself and both moments. */
const STATE_PARTS = 3;

/**
 * The hash of an update (docs/formats/training-manifest.md): SHA-256 over the link before it and the hashes of the state's parts after it,
 * which are values, first and second moment of every trained tensor in order.
 */
export function stateLink(before: string, partHashes: readonly Uint8Array[], sha256: Sha256): string {
  return bytesToHex(sha256(concatBytes(hexToBytes(before), ...partHashes)));
}

/** SHA-256 of a part of a state as little-endian float32. */
export function partHash({ buffer, byteOffset, byteLength }: Float32Array, sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(buffer, byteOffset, byteLength));
}

/** A tensor that learns. */
export interface TrainedTensor {
  readonly block: string;
  readonly tensor: string;
  /** How many values it has. */
  readonly size: number;
}

/** The tensors that learn, in the order of states. A block that the model lacks has none; a row of a router is a block of its own. */
export function trainedTensors(config: ModelConfig, blocks: readonly string[]): TrainedTensor[] {
  const described = new Map(describeBlocks(config).map(({ name, tensors }) => [name, tensors]));
  return blocks.flatMap((block) => {
    if (routerRowPlace(block) !== null) return [{ block, tensor: 'row', size: config.hiddenSize }];
    return (described.get(block) ?? []).map(({ name: tensor, rows, columns }) => {
      return { block, tensor, size: rows * columns };
    });
  });
}

/** How many values each trained tensor has, in the order of states. */
export function trainedSizes(config: ModelConfig, blocks: readonly string[]): number[] {
  return trainedTensors(config, blocks).map(({ size }) => size);
}

/** The parts of a state that was copied into one array. */
function partsOf(state: Float32Array, sizes: readonly number[]): Float32Array[] {
  const parts: Float32Array[] = [];
  let offset = 0;
  for (const size of sizes)
    for (let part = 0; part < STATE_PARTS; part++) {
      parts.push(state.subarray(offset, offset + size));
      offset += size;
    }
  return parts;
}

/** The trained values in a state, without moments: one tensor after the other. */
export function valuesIn(state: Float32Array, sizes: readonly number[]): Float32Array {
  const values = new Float32Array(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  partsOf(state, sizes).forEach((part, i) => {
    if (i % STATE_PARTS !== 0) return;
    values.set(part, offset);
    offset += part.length;
  });
  return values;
}

/** SHA-256 of the moments in a state: two of each tensor. */
export function momentHashes(state: Float32Array, sizes: readonly number[], sha256: Sha256): Uint8Array[] {
  return partsOf(state, sizes)
    .filter((_, i) => i % STATE_PARTS !== 0)
    .map((part) => partHash(part, sha256));
}

/** The link of a whole state. */
export function linkOfState(
  before: string,
  state: Float32Array,
  sizes: readonly number[],
  sha256: Sha256,
): string {
  const hashes = partsOf(state, sizes).map((part) => partHash(part, sha256));
  return stateLink(before, hashes, sha256);
}
