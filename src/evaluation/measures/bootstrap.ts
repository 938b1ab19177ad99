/** A figure with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Samples that are drawn; the interval's ends are then known to about a percent of its width. */
const RESAMPLES = 1_000;

/**
 * The percentile bootstrap (B. Efron, Bootstrap Methods: Another Look at the Jackknife, 1979): the statistic of samples drawn with
 * replacement from the same number of clusters; the interval lies between their 2.5 % and 97.5 % quantiles. Whole clusters are
 * drawn, because pairs of one item are not independent. The same seed and clusters give the same interval.
 * @param clusters at least one
 */
export function bootstrap<T>(
  clusters: readonly T[],
  statistic: (sample: readonly T[]) => number,
  seed: number,
): Estimate {
  const random = generator(seed);
  const values = Array.from({ length: RESAMPLES }, () =>
    statistic(Array.from(clusters, () => clusters[Math.floor(random() * clusters.length)])),
  ).sort((a, b) => a - b);
  return {
    value: statistic(clusters),
    low: values[Math.floor(RESAMPLES * 0.025)],
    high: values[Math.ceil(RESAMPLES * 0.975) - 1],
  };
}

/** Numbers from 0 to 1, 1 excluded: xorshift with 32 bits of state (G. Marsaglia, Xorshift RNGs, 2003). */
export function generator(seed: number): () => number {
  // The state must not be 0; the multiplication spreads small seeds.
  let state = (Math.imul(seed, 2_654_435_761) ^ 0x9e37_79b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}
