// What hostile contributors send. They work together and see what the honest ones send, which is more than they could in a round, where
// hashes are committed first.
import { LENGTH } from './task.mjs';

/** One standard normal number: the sum of twelve even ones. */
function normal(random) {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += random.int(0, 999_999) / 1_000_000;
  return sum;
}

function momentsOf(updates) {
  const [mean, deviation] = [new Float32Array(LENGTH), new Float32Array(LENGTH)];
  for (let i = 0; i < LENGTH; i++) {
    const values = updates.map((update) => update[i]);
    mean[i] = values.reduce((sum, value) => sum + value, 0) / values.length;
    deviation[i] = Math.sqrt(values.reduce((sum, value) => sum + (value - mean[i]) ** 2, 0) / values.length);
  }
  return { mean, deviation };
}

/** The standard normal quantile, by bisection of its distribution function (Abramowitz and Stegun 7.1.26). */
function quantile(share) {
  const below = (x) => {
    const t = 1 / (1 + 0.3275911 * (Math.abs(x) / Math.SQRT2));
    const poly =
      ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    const erf = 1 - poly * Math.exp((-x * x) / 2);
    return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2;
  };
  let [low, high] = [-8, 8];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (below(middle) < share) low = middle;
    else high = middle;
  }
  return low;
}

/** How far from the mean is still hidden among the honest (G. Baruch et al., A Little Is Enough, arXiv 1902.06156, algorithm 3). */
function hiddenDeviations(count, faulty) {
  const supporters = Math.floor(count / 2 + 1) - faulty;
  return quantile((count - faulty - supporters) / (count - faulty));
}

const SIGN_FLIP = 4;
const NOISE = 10;
/** C. Xie et al., Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product Manipulation, arXiv 1903.03936. */
const INNER_PRODUCT = 0.6;

/** By name: what a hostile contributor sends. `own` is what it would send if it were honest (`flipped`: with wrong labels). */
export const ATTACKS = {
  none: null,
  'sign flip': ({ own }) => own.map((value) => -SIGN_FLIP * value),
  'scaled noise': ({ honest, random }) => {
    const { mean } = momentsOf(honest);
    const size = (NOISE * Math.hypot(...mean)) / Math.sqrt(LENGTH);
    return mean.map(() => size * normal(random));
  },
  'little is enough': ({ honest, count, faulty }) => {
    const { mean, deviation } = momentsOf(honest);
    const far = hiddenDeviations(count, faulty);
    return mean.map((value, i) => value - far * deviation[i]);
  },
  'inner product': ({ honest }) => momentsOf(honest).mean.map((value) => -INNER_PRODUCT * value),
  'label flip': ({ flipped }) => flipped,
  'free rider': ({ previous }) => previous ?? new Float32Array(LENGTH),
};
