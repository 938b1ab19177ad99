import { leftOutOf } from '../../experts/tensorblock/left-out.js';
import type { ModelConfig } from '../kernel/index.js';
import type { BlockTensors } from './block-tensors.js';
import type { Tensor1D, Tensor2D, Tf } from './tensor-library.js';

/** What a router decided for a batch. */
export interface Routing {
  /** Experts of every row, best first: row * expertsPerToken + rank. */
  readonly experts: Int32Array;
  /** Their factors: [rows, expertsPerToken]. */
  readonly factors: Tensor2D;
}

/** Chooses the experts with the greatest logits; the numbers come back from the backend, the factors stay there. */
export async function route(
  tf: Tf,
  config: ModelConfig,
  layer: number,
  block: BlockTensors,
  normed: Tensor2D,
): Promise<Routing> {
  const product = tf.matMul(normed, block.get<Tensor2D>('weight'));
  const bias = block.optional<Tensor1D>('bias');
  const sums = bias === null ? product : tf.add(product, bias);
  const leftOut = leftOutOf(config, layer);
  const logits = leftOut.length === 0 ? sums : tf.add(sums, maskOf(tf, config.experts, leftOut));
  const { values, indices } = tf.topk(logits, config.expertsPerToken);
  const factors =
    config.architecture?.routerSoftmax === 'all'
      ? tf.exp(tf.sub(values, tf.logSumExp(logits, 1, true)))
      : tf.softmax(values);
  return { experts: (await indices.data<'int32'>()) as Int32Array, factors: factors as Tensor2D };
}

/** Backends on graphics cards need not know infinity: this is as far below every logit. */
const NEVER = -1e30;

function maskOf(tf: Tf, experts: number, leftOut: readonly number[]): Tensor1D {
  return tf.tensor1d(Array.from({ length: experts }, (_, expert) => (leftOut.includes(expert) ? NEVER : 0)));
}
