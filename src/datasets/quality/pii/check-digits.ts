const ZERO = 48;

/** The digits of a text of digits. */
export function digitsOf(text: string): number[] {
  const digits = new Array<number>(text.length);
  for (let i = 0; i < text.length; i++) digits[i] = text.charCodeAt(i) - ZERO;
  return digits;
}

/** Sum of digits times weights; digits beyond the weights do not count. */
export function weighted(digits: readonly number[], weights: readonly number[]): number {
  return weights.reduce((sum, weight, i) => sum + weight * digits[i], 0);
}

/** The formula of H. P. Luhn (ISO/IEC 7812-1, annex B), last digit included. */
export function luhn(digits: readonly number[]): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const doubled = (digits.length - i) % 2 === 0 ? digits[i] * 2 : digits[i];
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The check of ISO 7064, MOD 11,10, last digit included. */
export function mod1110(digits: readonly number[]): boolean {
  const product = digits.slice(0, -1).reduce((carry, digit) => {
    const sum = (digit + carry) % 10 || 10;
    return (sum * 2) % 11;
  }, 10);
  return (product + (digits.at(-1) as number)) % 10 === 1;
}

/** Remainder by 97 of a number of any length, read digit by digit. */
export function mod97(digits: readonly number[]): number {
  return digits.reduce((rest, digit) => (rest * 10 + digit) % 97, 0);
}

const DIHEDRAL = ['0123456789', '1234067895', '2340178956', '3401289567', '4012395678'].concat([
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
]);
const PERMUTATION = ['0123456789', '1576283094', '5803796142', '8916043527'].concat([
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
]);

/** The check of J. Verhoeff (Error Detecting Decimal Codes, 1969), last digit included. */
export function verhoeff(digits: readonly number[]): boolean {
  const rest = digits.toReversed().reduce((carry, digit, i) => {
    const permuted = PERMUTATION[i % 8].charCodeAt(digit) - ZERO;
    return DIHEDRAL[carry].charCodeAt(permuted) - ZERO;
  }, 0);
  return rest === 0;
}

/** Whether day and month could be a date. */
export function isDay(day: number, month: number): boolean {
  return (
    day >= 1 &&
    month >= 1 &&
    month <= 12 &&
    day <= (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31)
  );
}
