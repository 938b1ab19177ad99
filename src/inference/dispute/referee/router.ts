import { exp32 } from '../arithmetic/float32.js';
import type { ModelConfig } from '../../kernel/index.js';

const { fround } = Math;

/**
 * The experts with the greatest logits (ties: lowest number), best first: {number, weight} per rank, side by side. Weights are a
 * softmax over the chosen, or their shares of the softmax over all.
 */
export function chooseExperts(
  { experts, expertsPerToken, architecture }: ModelConfig,
  logits: Float32Array,
): Float32Array {
  const total = architecture?.routerSoftmax === 'all' ? sumOverAll(logits) : 0;
  const left = Float32Array.from(logits);
  const route = new Float32Array(expertsPerToken * 2);
  let [best, sum] = [0, 0];
  for (let rank = 0; rank < expertsPerToken; rank++) {
    let [chosen, greatest] = [0, -Infinity];
    for (let e = 0; e < experts; e++) if (left[e] > greatest) [chosen, greatest] = [e, left[e]];
    left[chosen] = -Infinity;
    if (rank === 0) best = greatest;
    const weight = exp32(fround(greatest - best));
    sum = fround(sum + weight);
    route.set([chosen, weight], rank * 2);
  }
  if (total > 0) sum = total;
  for (let rank = 0; rank < expertsPerToken; rank++) route[rank * 2 + 1] = route[rank * 2 + 1] / sum;
  return route;
}

function sumOverAll(logits: Float32Array): number {
  const greatest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  let sum = 0;
  for (const logit of logits) sum = fround(sum + exp32(fround(logit - greatest)));
  return sum;
}
