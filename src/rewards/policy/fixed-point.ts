/** Units of one BLY. */
export const UNITS_PER_BLY = 1_000_000_000n;

/** One, in millionths. */
export const ONE_PPM = 1_000_000n;

const BLY = /^(0|[1-9]\d{0,9})(?:\.(\d{1,9}))?$/;

/** Units of an amount of BLY such as `0.5`; null for what is not one. */
export function parseBly(text: string): bigint | null {
  const match = BLY.exec(text);
  if (match === null) return null;
  return BigInt(match[1]) * UNITS_PER_BLY + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/** An amount of BLY such as `-0.5`, exactly. */
export function formatBly(units: bigint): string {
  const [sign, size] = units < 0n ? ['-', -units] : ['', units];
  const rest = String(size % UNITS_PER_BLY)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / UNITS_PER_BLY}${rest === '' ? '' : `.${rest}`}`;
}

/** A value times factors in millionths, divided once at the end and rounded down. */
export function timesPpm(value: bigint, ...factors: readonly bigint[]): bigint {
  return factors.reduce((product, factor) => product * factor, value) / ONE_PPM ** BigInt(factors.length);
}

/** A value moved into bounds. */
export function clamp(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value;
}

/**
 * Splits an amount by weights, to the last unit: everybody gets the whole units due, and the units left over go to the
 * largest remainders, the earlier first (Hamilton's method). Nobody gets anything when all weights are 0.
 */
export function splitByWeight(amount: bigint, weights: readonly bigint[]): bigint[] {
  if (amount < 0n || weights.some((weight) => weight < 0n)) throw new RangeError('cannot split below zero');
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) return weights.map(() => 0n);
  const shares = weights.map((weight) => (amount * weight) / total);
  const left = amount - shares.reduce((sum, share) => sum + share, 0n);
  const order = weights
    .map((weight, index) => ({ index, remainder: (amount * weight) % total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of order.slice(0, Number(left))) shares[index]++;
  return shares;
}
