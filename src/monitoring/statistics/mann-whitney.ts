import { exp } from '../../common/mathematics.js';

/** What a comparison of two samples says. */
export interface Comparison {
  /** Probability, were both of one distribution, that the first lies above the second as clearly as it does. */
  readonly p: number;
  /** Median of the first over the median of the second; Infinity when that is 0. */
  readonly ratio: number;
}

/**
 * The one-sided Mann–Whitney U test (Mann and Whitney 1947; normal approximation with correction for ties and continuity):
 * does `sample` lie above `reference`? It compares ranks, so it asks for no shape of the distribution, and one absurd
 * measurement among many cannot decide it; latencies are skewed and have outliers, which is why it is used here.
 */
export function liesAbove(sample: readonly number[], reference: readonly number[]): Comparison {
  const n = sample.length;
  const m = reference.length;
  const { rankSum, ties } = ranks(sample, reference);
  const u = rankSum - (n * (n + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  const z = variance <= 0 ? 0 : (u - (n * m) / 2 - 0.5) / Math.sqrt(variance);
  const base = median(reference);
  return {
    p: upperTail(z),
    ratio: base === 0 ? (median(sample) === 0 ? 1 : Infinity) : median(sample) / base,
  };
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Sum of the ranks of the first sample among both, equal values sharing their mean rank; and the sum of t³ − t over ties. */
function ranks(sample: readonly number[], reference: readonly number[]): { rankSum: number; ties: number } {
  const all = [
    ...sample.map((value) => ({ value, own: true })),
    ...reference.map((value) => ({ value, own: false })),
  ].sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to].value === all[from].value) to++;
    const rank = (from + 1 + to) / 2;
    rankSum += rank * all.slice(from, to).filter(({ own }) => own).length;
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  return { rankSum, ties };
}

/** P(Z > z) of the standard normal distribution; Abramowitz and Stegun 26.2.17, error below 7.5e-8. */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
