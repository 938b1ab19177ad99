import { dot, exp32, sumLanes } from '../arithmetic/float32.js';
import type { ModelConfig } from '../../kernel/index.js';

const { fround } = Math;

/** First position that a token sees in a layer. */
export function firstSeen({ architecture }: ModelConfig, layer: number, position: number): number {
  const window = architecture?.slidingWindow;
  return window?.layers.includes(layer) ? Math.max(position + 1 - window.positions, 0) : 0;
}

/**
 * Grouped-query attention of all heads of a token: float32 [heads * headDim].
 * @param query turned queries  @param keys turned keys of the positions seen, in order  @param values theirs
 * @param sinks one score per head that nothing is mixed by, or null
 */
export function mixHeads(
  config: ModelConfig,
  query: Float32Array,
  keys: readonly Float32Array[],
  values: readonly Float32Array[],
  sinks: Float32Array | null,
): Float32Array {
  const { heads, kvHeads, headDim } = config;
  const scale = fround(1 / fround(Math.sqrt(headDim)));
  const out = new Float32Array(heads * headDim);
  for (let head = 0; head < heads; head++) {
    const [start, shared] = [head * headDim, Math.floor(head / (heads / kvHeads)) * headDim];
    const scores = Float32Array.from(keys, (key) => dot(query, start, key, shared, headDim) * scale);
    const factor = softmax(scores, sinks === null ? -Infinity : sinks[head]);
    for (let i = 0; i < headDim; i++) {
      let sum = 0;
      for (let j = 0; j < scores.length; j++) sum = fround(sum + fround(scores[j] * values[j][shared + i]));
      out[start + i] = fround(sum * factor);
    }
  }
  return out;
}

/** Makes weights of scores in place; returns 1 / their sum. The last group of four is filled up with e^-87. */
function softmax(scores: Float32Array, sink: number): number {
  const greatest = scores.reduce((most, score) => Math.max(most, score), sink);
  const lanes = new Float32Array(4);
  const padded = Math.ceil(scores.length / 4) * 4;
  for (let j = 0; j < padded; j++) {
    const weight = exp32(j < scores.length ? fround(scores[j] - greatest) : -Infinity);
    if (j < scores.length) scores[j] = weight;
    lanes[j & 3] = fround(lanes[j & 3] + weight);
  }
  let total = sumLanes(lanes);
  if (sink > -Infinity) total = fround(total + exp32(fround(sink - greatest)));
  return fround(1 / total);
}
