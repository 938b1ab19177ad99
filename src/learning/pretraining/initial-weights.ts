import type { Sha256 } from '../../common/hash.js';
import { utf8ToBytes } from '../../common/hash.js';
import { describeBlocks } from '../../experts/tensorblock/model-blocks.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import type { WeightValues } from '../trainer/model-weights.js';

/** Standard deviation of matrices and tables, as in GPT-2 (Radford et al. 2019). */
const DEVIATION = 0.02;
/** What is added to the residual stream: smaller the more layers add to it, as there. */
const INTO_RESIDUAL = new Set(['o', 'down']);
const DRAWS_PER_HASH = 8;

/**
 * The weights of a model that has learnt nothing: norms are one, biases and sinks nothing, all else evenly distributed around zero. Every
 * value is a word of SHA-256 over seed, tensor and position, times a float32 power of two and a constant: the same bits on every machine.
 */
export function initialWeights(config: ModelConfig, seed: string, sha256: Sha256): WeightValues {
  const tensors = new Map(
    describeBlocks(config).flatMap(({ name, tensors: of }) =>
      of.map((tensor) => [`${name}/${tensor.name}`, tensor] as const),
    ),
  );
  return (block, name) => {
    const tensor = tensors.get(`${block}/${name}`);
    if (tensor === undefined) throw new Error(`the model has no ${block}/${name}`);
    const size = tensor.rows * tensor.columns;
    if (name === 'norm' || name.endsWith('_norm')) return new Float32Array(size).fill(1);
    if (name === 'sinks' || name === 'bias' || name.endsWith('_bias')) return new Float32Array(size);
    const deviation = INTO_RESIDUAL.has(name) ? DEVIATION / Math.sqrt(2 * config.layers) : DEVIATION;
    return evenly(`${seed}/${block}/${name}`, size, deviation * Math.sqrt(3), sha256);
  };
}

/** Values from -most to most. */
function evenly(seed: string, size: number, most: number, sha256: Sha256): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += DRAWS_PER_HASH) {
    const digest = sha256(utf8ToBytes(`${seed}/${i}`));
    const words = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
    for (let j = 0; j < DRAWS_PER_HASH && i + j < size; j++)
      values[i + j] = (words.getInt32(j * 4, true) / 2 ** 31) * most;
  }
  return values;
}
