/** 97.5 % quantile of the normal distribution. */
const Z = 1.959963984540054;
const PRECISION = 1_000_000;

/** A share with its 95 % interval, 0 to 1, six decimals; all null where nothing was counted. */
export interface Proportion {
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** The share of a count with the interval of E. B. Wilson (Probable Inference, 1927), which holds for few and for none, too. */
export function proportion(count: number, of: number): Proportion {
  if (of === 0) return { share: null, low: null, high: null };
  const share = count / of;
  const scale = 1 + (Z * Z) / of;
  const centre = (share + (Z * Z) / (2 * of)) / scale;
  const half = (Z / scale) * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  return {
    share: rounded(share),
    low: rounded(Math.max(0, centre - half)),
    high: rounded(Math.min(1, centre + half)),
  };
}

/** Six decimals: what a report says must not hang on the last bit. */
export function rounded(value: number): number {
  return Math.round(value * PRECISION) / PRECISION;
}
