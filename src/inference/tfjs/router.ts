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
  block: BlockTensors,
  normed: Tensor2D,
): Promise<Routing> {
  const product = tf.matMul(normed, block.get<Tensor2D>('weight'));
  const bias = block.optional<Tensor1D>('bias');
  const logits = bias === null ? product : tf.add(product, bias);
  const { values, indices } = tf.topk(logits, config.expertsPerToken);
  const factors =
    config.architecture?.routerSoftmax === 'all'
      ? tf.exp(tf.sub(values, tf.logSumExp(logits, 1, true)))
      : tf.softmax(values);
  return { experts: (await indices.data<'int32'>()) as Int32Array, factors: factors as Tensor2D };
}
