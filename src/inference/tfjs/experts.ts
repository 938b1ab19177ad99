import { CodedError, err } from '../../common/index.js';
import type { ModelConfig } from '../kernel/index.js';
import { affine } from './affine.js';
import type { BlockTensors } from './block-tensors.js';
import type { ExpertTensors } from './expert-tensors.js';
import type { Routing } from './router.js';
import type { Tensor2D, Tf } from './tensor-library.js';
import type { TensorModel } from './tensor-model.js';

/** What the experts of a layer gave. */
export interface ExpertOutput {
  /** Weighted sums, [rows, hiddenSize]: what joins the residual stream. */
  readonly sum: Tensor2D;
  /** Rows whose experts could not be had; they have no meaning any more. */
  readonly failures: ReadonlyMap<number, CodedError>;
}

/** Runs every expert that has rows once, for all its rows together. */
export function runExperts(
  tf: Tf,
  model: TensorModel,
  layer: number,
  cache: ExpertTensors,
  normed: Tensor2D,
  { experts, factors }: Routing,
): ExpertOutput {
  const { config } = model;
  const [rows, hiddenSize] = normed.shape;
  const failures = new Map<number, CodedError>();
  const outputs: Tensor2D[] = [];
  /** Where each row and rank is among the outputs. */
  const places = new Int32Array(experts.length);
  let next = 0;
  for (const [expert, members] of groupByExpert(experts, config)) {
    const place = model.experts[layer * config.experts + expert];
    members.forEach((member) => (places[member] = next++));
    const own = members.map((member) => Math.floor(member / config.expertsPerToken));
    if (place !== null) place.tokens += members.length;
    const tensors = place === null ? err(leftOut(model, layer, expert)) : cache.get(place);
    if (!tensors.ok) {
      own.forEach((row) => failures.set(row, tensors.error));
      outputs.push(tf.zeros([own.length, hiddenSize]));
      continue;
    }
    const input = own.length === rows ? normed : tf.gather(normed, tf.tensor1d(own, 'int32'));
    outputs.push(tf.tidy(() => expertOutput(tf, config, tensors.value, input)));
  }
  const all = outputs.length === 1 ? outputs[0] : tf.concat(outputs, 0);
  const ranked = tf.reshape(tf.gather(all, tf.tensor1d(places, 'int32')), [rows, -1, hiddenSize]);
  const sum = tf.sum(tf.mul(ranked, tf.expandDims(factors, 2)), 1) as Tensor2D;
  return { sum, failures };
}

/** Members (row * expertsPerToken + rank) by expert, in order of rows. */
function groupByExpert(experts: Int32Array, { experts: count }: ModelConfig): [number, number[]][] {
  const groups = Array.from({ length: count }, (): number[] => []);
  experts.forEach((expert, member) => groups[expert].push(member));
  return groups.flatMap((members, expert) =>
    members.length > 0 ? [[expert, members] as [number, number[]]] : [],
  );
}

function expertOutput(tf: Tf, config: ModelConfig, block: BlockTensors, x: Tensor2D): Tensor2D {
  const [gate, up] = [affine(tf, block, 'gate', x), affine(tf, block, 'up', x)];
  return affine(tf, block, 'down', activate(tf, config, gate, up));
}

/** SwiGLU (Shazeer 2020) or its clamped form. */
function activate(tf: Tf, { architecture }: ModelConfig, gate: Tensor2D, up: Tensor2D): Tensor2D {
  const clamped = architecture?.clampedSwiglu;
  if (clamped === undefined) return tf.mul(tf.mul(gate, tf.sigmoid(gate)), up);
  const { alpha, limit } = clamped;
  const bounded = tf.minimum(gate, limit);
  const glu = tf.mul(bounded, tf.sigmoid(tf.mul(bounded, alpha)));
  return tf.mul(tf.add(tf.clipByValue(up, -limit, limit), 1), glu);
}

/** What is no number may fall on an expert that is not there. */
function leftOut({ release }: TensorModel, layer: number, expert: number): CodedError {
  const message = `release ${release} leaves out layer${layer}.expert${expert}, and its router gave no number`;
  return new CodedError('LOGITS_NOT_FINITE', message, { release }, 500);
}
