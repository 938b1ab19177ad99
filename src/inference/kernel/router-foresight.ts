import { leftOutOf } from '../../experts/tensorblock/left-out.js';
import { LAYER_FIELDS, MODEL_FIELDS, runWord } from './abi.js';
import type { ExpertTask } from './executor.js';
import type { KernelHeap } from './heap.js';

/** Batches with more rows use most experts anyway. */
const MOST_ROWS = 4;

/**
 * Foretells the experts of the next layer: its own router, applied to the hidden state that its layer's attention and this layer's
 * experts have not yet changed. The residual stream changes little from layer to layer, so most choices are the same.
 *
 * Source: A. Eliseev and D. Mazur, "Fast Inference of Mixture-of-Experts Language Models with Offloading" (arXiv:2312.17238, 2023).
 */
export class RouterForesight {
  constructor(private readonly heap: KernelHeap) {}

  /** Experts of layer `task.layer + 1` that the batch will probably use, ascending; none for the last layer or many rows. */
  experts(task: ExpertTask): number[] {
    const { config, run } = task.model;
    const rows = task.counts.reduce((sum, count) => sum + count, 0) / config.expertsPerToken;
    if (rows > MOST_ROWS || task.layer + 1 >= config.layers) return [];
    const { norm, router } = this.weights(task);
    const size = config.hiddenSize;
    const states = this.heap.floats(run.run[runWord('residual')], rows * size);
    const leftOut = leftOutOf(config, task.layer + 1);
    const chosen = new Set<number>();
    for (let row = 0; row < rows; row++) {
      // the root mean square would scale all logits alike: it decides nothing
      const state = states.subarray(row * size, (row + 1) * size).map((value, i) => value * norm[i]);
      const scores = logits(state, router, config.experts);
      for (const expert of leftOut) scores[expert] = -Infinity;
      for (const expert of best(scores, config.expertsPerToken)) chosen.add(expert);
    }
    return [...chosen].sort((a, b) => a - b);
  }

  private weights({ model, layer }: ExpertTask) {
    const { hiddenSize, experts } = model.config;
    const table = this.heap.words(model.address, MODEL_FIELDS.length)[MODEL_FIELDS.indexOf('layerTable')];
    const bytes = LAYER_FIELDS.length * 4;
    const fields = this.heap.words(table + (layer + 1) * bytes, LAYER_FIELDS.length);
    return {
      norm: this.heap.floats(fields[LAYER_FIELDS.indexOf('routerNorm')], hiddenSize),
      router: this.heap.floats(fields[LAYER_FIELDS.indexOf('router')], experts * hiddenSize),
    };
  }
}

function logits(state: Float32Array, router: Float32Array, experts: number): Float64Array {
  const size = state.length;
  const values = new Float64Array(experts);
  for (let expert = 0, at = 0; expert < experts; expert++) {
    let sum = 0;
    for (let i = 0; i < size; i++, at++) sum += state[i] * router[at];
    values[expert] = sum;
  }
  return values;
}

/** The places of the k greatest values. */
function best(values: Float64Array, k: number): number[] {
  return [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, k);
}
