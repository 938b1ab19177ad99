import type { ModelConfig } from '../kernel/index.js';
import type { BlockTensors } from './block-tensors.js';
import { affine } from './affine.js';
import type { KeyValues } from './key-values.js';
import { rmsNorm } from './norm.js';
import { rotate, type Rotation } from './rotation.js';
import type { Tensor1D, Tensor2D, Tensor3D, Tf } from './tensor-library.js';

/** Neighbouring rows of a batch that belong to one sequence, in order of position. */
export interface Span {
  readonly cache: KeyValues;
  /** First row, how many, and the position of the first. */
  readonly row: number;
  readonly count: number;
  readonly position: number;
}

/** A score that no token is mixed by. */
const NEVER = -1e30;

/** Attention of one layer for a whole batch: [rows, hiddenSize], what joins the residual stream. */
export function attend(
  tf: Tf,
  config: ModelConfig,
  layer: number,
  block: BlockTensors,
  residual: Tensor2D,
  rotation: Rotation,
  spans: readonly Span[],
): Tensor2D {
  const x = rmsNorm(tf, residual, block.get<Tensor1D>('norm'), config.rmsEpsilon);
  const { heads, kvHeads } = config;
  const queries = rotate(tf, normedHeads(tf, config, block, 'q', affine(tf, block, 'q', x), heads), rotation);
  const keys = rotate(tf, normedHeads(tf, config, block, 'k', affine(tf, block, 'k', x), kvHeads), rotation);
  const values = splitHeads(tf, affine(tf, block, 'v', x), kvHeads);
  const sinks = block.optional<Tensor1D>('sinks');
  const mixed = spans.map((span) => {
    const part = (heads: Tensor3D) =>
      tf.transpose(tf.slice(heads, [span.row, 0, 0], [span.count, -1, -1]), [1, 0, 2]);
    const seen = span.cache.append(layer, part(keys), part(values));
    return mixHeads(tf, config, layer, span, part(queries), seen, sinks);
  });
  return affine(tf, block, 'o', mixed.length === 1 ? mixed[0] : tf.concat(mixed, 0));
}

/** Heads [rows, heads, headDim], normed one by one or all together where the model does that. */
function normedHeads(
  tf: Tf,
  { architecture, rmsEpsilon }: ModelConfig,
  block: BlockTensors,
  part: 'q' | 'k',
  x: Tensor2D,
  heads: number,
): Tensor3D {
  const kind = architecture?.queryKeyNorm;
  if (kind === undefined) return splitHeads(tf, x, heads);
  const weight = block.get<Tensor1D>(`${part}_norm`);
  if (kind === 'head') return rmsNorm(tf, splitHeads(tf, x, heads), weight, rmsEpsilon);
  return splitHeads(tf, rmsNorm(tf, x, weight, rmsEpsilon), heads);
}

function splitHeads(tf: Tf, x: Tensor2D, heads: number): Tensor3D {
  const [rows, width] = x.shape;
  return tf.reshape(x, [rows, heads, width / heads]);
}

/** Grouped-query attention of one sequence's rows: [count, heads * headDim]. */
function mixHeads(
  tf: Tf,
  config: ModelConfig,
  layer: number,
  { count, position }: Span,
  queries: Tensor3D,
  seen: { readonly keys: Tensor3D; readonly values: Tensor3D },
  sinks: Tensor1D | null,
): Tensor2D {
  const { heads, kvHeads, headDim } = config;
  const window = windowOf(config, layer);
  const first = Math.max(position + 1 - window, 0);
  const length = position + count - first;
  const within = (x: Tensor3D) => (first === 0 ? x : tf.slice(x, [0, first, 0], [-1, length, -1]));
  // heads that share keys lie side by side, so one product per key head serves all of them
  const grouped = tf.reshape(queries, [kvHeads, (heads / kvHeads) * count, headDim]);
  const scores = tf.mul(tf.matMul(grouped, within(seen.keys), false, true), 1 / Math.sqrt(headDim));
  const perHead = tf.reshape(scores, [heads, count, length]) as Tensor3D;
  const masked = count === 1 ? perHead : tf.add(perHead, mask(tf, count, length, position - first, window));
  const weights = softmax(tf, masked as Tensor3D, sinks);
  const mixed = tf.matMul(
    tf.reshape(weights, [kvHeads, (heads / kvHeads) * count, length]),
    within(seen.values),
  );
  const back = tf.transpose(tf.reshape(mixed, [heads, count, headDim]), [1, 0, 2]);
  return tf.reshape(back, [count, heads * headDim]);
}

function windowOf({ architecture }: ModelConfig, layer: number): number {
  const window = architecture?.slidingWindow;
  return window?.layers.includes(layer) ? window.positions : Infinity;
}

/** 0 where a row sees a position, else `NEVER`: [count, length]. @param before positions before the first row's */
function mask(tf: Tf, count: number, length: number, before: number, window: number): Tensor2D {
  const values = new Float32Array(count * length);
  for (let row = 0; row < count; row++) {
    const last = before + row;
    for (let seen = 0; seen < length; seen++) {
      if (seen > last || seen <= last - window) values[row * length + seen] = NEVER;
    }
  }
  return tf.tensor2d(values, [count, length]);
}

/** Softmax over positions; a sink joins it as one more score and is dropped after it. */
function softmax(tf: Tf, scores: Tensor3D, sinks: Tensor1D | null): Tensor3D {
  if (sinks === null) return tf.softmax(scores);
  const [heads, count, length] = scores.shape;
  const column = tf.mul(tf.reshape(sinks, [heads, 1, 1]), tf.ones([1, count, 1])) as Tensor3D;
  return tf.slice(tf.softmax(tf.concat([scores, column], 2)), [0, 0, 0], [-1, -1, length]);
}
