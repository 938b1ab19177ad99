import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import type { ModelConfig } from '../../src/experts/tensorblock/model-limits.js';
import type { TokenSequence } from '../../src/learning/trainer/batch.js';

type Values = ReadonlyMap<string, Float32Array>;
type Weights = (name: string) => tf.Tensor2D;

/** Mean loss and the gradient of every tensor, by block and name, of a model of the family Mixtral: TensorFlow.js differentiates it. */
export async function tensorflowGradients(
  config: ModelConfig,
  values: Values,
  sequences: readonly TokenSequence[],
): Promise<{ loss: number; gradients: Map<string, Float32Array> }> {
  await tf.setBackend('cpu');
  const names = [...values.keys()];
  const gradients = new Map<string, Float32Array>();
  let loss = NaN;
  tf.tidy(() => {
    const meanLoss = (...given: tf.Tensor[]): tf.Scalar => {
      const weights: Weights = (name) => {
        const tensor = given[names.indexOf(name)];
        const columns = columnsOf(config, name);
        return tensor.reshape([tensor.size / columns, columns]);
      };
      return tf.concat(sequences.map((sequence) => lossesOf(config, weights, sequence))).mean<tf.Scalar>();
    };
    const computed = tf.valueAndGrads(meanLoss)(names.map((name) => tf.tensor1d(values.get(name)!)));
    names.forEach((name, i) => gradients.set(name, Float32Array.from(computed.grads[i].dataSync())));
    loss = computed.value.dataSync()[0];
  });
  return { loss, gradients };
}

/** x W^T. */
function linear(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, weight, false, true) as tf.Tensor2D;
}

function columnsOf({ hiddenSize, heads, headDim, expertHiddenSize }: ModelConfig, name: string): number {
  if (name.endsWith('attention/o')) return heads * headDim;
  return name.endsWith('/down') ? expertHiddenSize : hiddenSize;
}

/** Cross-entropy of every asked token of a sequence. */
function lossesOf(config: ModelConfig, weights: Weights, { ids, firstTarget }: TokenSequence): tf.Tensor1D {
  let x = tf.gather(weights('embedding/weight'), tf.tensor1d(ids.slice(0, -1) as number[], 'int32'));
  for (let layer = 0; layer < config.layers; layer++) {
    const of = (name: string) => weights(`layer${layer}.${name}`);
    x = x.add(attention(config, of, normalise(config, x, of('attention/norm'))));
    x = x.add(mixture(config, of, normalise(config, x, of('router/norm'))));
  }
  const logits = normalise(config, x, weights('head/norm')).matMul<tf.Tensor2D>(
    weights('head/weight'),
    false,
    true,
  );
  const asked = logits.slice([firstTarget - 1, 0]);
  const targets = tf.oneHot(tf.tensor1d(ids.slice(firstTarget) as number[], 'int32'), config.vocabSize);
  return tf.logSoftmax(asked).mul(targets).sum<tf.Tensor1D>(1).neg();
}

function normalise({ rmsEpsilon }: ModelConfig, x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return x.mul(x.square().mean(1, true).add(rmsEpsilon).rsqrt()).mul<tf.Tensor2D>(weight);
}

function attention(config: ModelConfig, of: Weights, x: tf.Tensor2D): tf.Tensor2D {
  const { heads, kvHeads, headDim } = config;
  const [query, key, value] = ['q', 'k', 'v'].map((name) => linear(x, of(`attention/${name}`)));
  const positions = x.shape[0];
  const future = tf.linalg
    .bandPart(tf.ones([positions, positions]), 0, -1)
    .sub(tf.eye(positions))
    .mul(-1e9);
  const part = (all: tf.Tensor2D, head: number) =>
    all.slice([0, head * headDim], [positions, headDim]) as tf.Tensor2D;
  const mixed = Array.from({ length: heads }, (_, head) => {
    const shared = Math.floor(head / (heads / kvHeads));
    const [turned, keys] = [rotate(config, part(query, head)), rotate(config, part(key, shared))];
    const scores = linear(turned, keys).div(Math.sqrt(headDim));
    return tf.matMul(tf.softmax(scores.add(future)), part(value, shared)) as tf.Tensor2D;
  });
  return linear(tf.concat2d(mixed, 1), of('attention/o'));
}

/** Rotary position embedding of one head: the halves of a vector are the coordinates (Su et al. 2021, as Hugging Face lays it out). */
function rotate({ headDim, ropeTheta }: ModelConfig, x: tf.Tensor2D): tf.Tensor2D {
  const half = headDim / 2;
  const angles = Array.from({ length: x.shape[0] }, (_, position) =>
    Array.from({ length: half }, (__, i) => position * ropeTheta ** (-i / half)),
  );
  const [cosine, sine] = [tf.tensor2d(angles).cos(), tf.tensor2d(angles).sin()];
  const [a, b] = [x.slice([0, 0], [-1, half]), x.slice([0, half], [-1, half])];
  const [left, right] = [a.mul(cosine).sub(b.mul(sine)), b.mul(cosine).add(a.mul(sine))];
  return tf.concat2d([left as tf.Tensor2D, right as tf.Tensor2D], 1);
}

/** Every token through its best experts, by the softmax over their logits. All experts see all tokens; those not chosen count nothing. */
function mixture({ experts, expertsPerToken }: ModelConfig, of: Weights, x: tf.Tensor2D): tf.Tensor2D {
  const logits = x.matMul<tf.Tensor2D>(of('router/weight'), false, true);
  const [tokens] = logits.shape;
  // read out, as nothing is differentiated through a choice
  const { indices } = tf.topk(tf.tensor2d(logits.dataSync(), [tokens, experts]), expertsPerToken);
  const chosen = tf.oneHot(tf.tensor2d(indices.dataSync(), [tokens, expertsPerToken], 'int32'), experts);
  const shares = tf.softmax(logits.add(chosen.sum(1).cast('float32').sub(1).mul(1e9)));
  const outputs = Array.from({ length: experts }, (_, expert) => {
    const product = (input: tf.Tensor2D, name: string) =>
      input.matMul<tf.Tensor2D>(of(`expert${expert}/${name}`), false, true);
    const gate = product(x, 'gate');
    const hidden = gate.mul<tf.Tensor2D>(gate.sigmoid()).mul<tf.Tensor2D>(product(x, 'up'));
    return product(hidden, 'down').mul<tf.Tensor2D>(shares.slice([0, expert], [-1, 1]));
  });
  return tf.addN<tf.Tensor2D>(outputs);
}
