import { ln } from '../../common/mathematics.js';

/** Orders at which privacy is accounted for: dense where few releases have their best one, sparse where many have. */
export const ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1.1 + i / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...[80, 96, 128, 192, 256, 512, 1_024],
];

/** Privacy that was spent: the Renyi divergence at each of `ORDERS` (I. Mironov, Renyi Differential Privacy, arXiv 1702.07476). */
export type RenyiSpent = readonly number[];

/** Nothing was released yet. */
export const NOTHING_SPENT: RenyiSpent = ORDERS.map(() => 0);

/**
 * One release of a vector no longer than 1, to every coordinate of which normal noise of this deviation was added (the same paper,
 * proposition 7): order / (2 sigma^2).
 */
export function gaussianRelease(sigma: number): RenyiSpent {
  return gaussianReleases(1 / (sigma * sigma));
}

/**
 * Releases of which each had normal noise of its own deviation (proposition 1): as one. @param inverseSquares sum of 1 / sigma^2 of them; 0: none
 */
export function gaussianReleases(inverseSquares: number): RenyiSpent {
  return ORDERS.map((order) => (order * inverseSquares) / 2);
}

/** Both releases together (the same paper, proposition 1). */
export function composed(a: RenyiSpent, b: RenyiSpent): RenyiSpent {
  return a.map((spent, i) => spent + b[i]);
}

/**
 * The epsilon of (epsilon, delta)-differential privacy that follows: the least over the orders (C. Canonne, G. Kamath, T. Steinke, The
 * Discrete Gaussian for Differential Privacy, arXiv 2004.00010, proposition 12). 0 where nothing was spent.
 */
export function epsilonOf(spent: RenyiSpent, delta: number): number {
  if (spent.every((divergence) => divergence === 0)) return 0;
  const candidates = ORDERS.map(
    (order, i) => spent[i] + ln((order - 1) / order) - (ln(delta) + ln(order)) / (order - 1),
  );
  return Math.max(0, Math.min(...candidates));
}
