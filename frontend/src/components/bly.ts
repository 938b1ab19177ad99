const DECIMALS = 9;
const UNITS_PER_BLY = 10n ** BigInt(DECIMALS);

/** Units (a string of digits, below zero with a minus) in BLY, exact to the last unit: `75,000`, `0.000000001`. */
export function blyText(units: string): string {
  const value = BigInt(units);
  const size = value < 0n ? -value : value;
  const rest = String(size % UNITS_PER_BLY)
    .padStart(DECIMALS, '0')
    .replace(/0+$/, '');
  return `${value < 0n ? '−' : ''}${grouped(size / UNITS_PER_BLY)}${rest === '' ? '' : `.${rest}`}`;
}

/** The same amount in units: `1 unit`, `75,000,000,000,000 units`. */
export function unitsText(units: string): string {
  const value = BigInt(units);
  return `${value < 0n ? '−' : ''}${grouped(value < 0n ? -value : value)} unit${value === 1n ? '' : 's'}`;
}

function grouped(value: bigint): string {
  return value.toLocaleString('en-GB');
}
