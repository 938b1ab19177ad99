import { isDay, luhn, verhoeff, weighted } from '../check-digits.js';
import type { NumberRule } from '../number-rules.js';

const kind = 'national-id' as const;

/** Social security number of the United States: no check digit, but parts that are never given out. */
const americanSsn: NumberRule = {
  ...{ kind, name: 'US social security number', shapes: ['3-2-4', '9'] },
  fits: ({ digits, separator, start }, _digits, context) => {
    if (separator !== '-' && !context.before(start, 'id')) return false;
    const [area, group, serial] = [digits.slice(0, 3), digits.slice(3, 5), digits.slice(5)];
    return area !== '000' && area !== '666' && area < '900' && group !== '00' && serial !== '0000';
  },
};

/** Social insurance number of Canada: Luhn, which one number in ten passes, so it must be announced. */
const canadianSin: NumberRule = {
  ...{ kind, name: 'Canadian SIN', shapes: ['3-3-3', '9'] },
  fits: ({ start }, digits, context) => context.before(start, 'id') && digits[0] !== 0 && luhn(digits),
};

/** CPF of Brazil: two check digits modulo 11. */
const brazilianCpf: NumberRule = {
  ...{ kind, name: 'Brazilian CPF', shapes: ['11', '3-3-3-2'] },
  fits: (_window, digits) => {
    if (digits.every((digit) => digit === digits[0])) return false;
    const check = (count: number) => {
      const weights = Array.from({ length: count }, (_, i) => count + 1 - i);
      return ((weighted(digits, weights) * 10) % 11) % 10;
    };
    return digits[9] === check(9) && digits[10] === check(10);
  },
};

/** Aadhaar of India: the check of Verhoeff; unbroken it must be announced. */
const indianAadhaar: NumberRule = {
  ...{ kind, name: 'Indian Aadhaar', shapes: ['4-4-4', '12'] },
  fits: ({ separator, start }, digits, context) =>
    digits[0] >= 2 && verhoeff(digits) && (separator !== '' || context.before(start, 'id')),
};

/** Resident registration number of South Korea: a date and a weighted sum modulo 11. */
const koreanNumber: NumberRule = {
  ...{ kind, name: 'South Korean registration number', shapes: ['6-7'] },
  fits: ({ separator }, digits) => {
    const check = (11 - (weighted(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10;
    return (
      separator === '-' &&
      isDay(digits[4] * 10 + digits[5], digits[2] * 10 + digits[3]) &&
      digits[12] === check
    );
  },
};

/** National numbers outside Europe that are made of digits alone. */
export const WORLD: readonly NumberRule[] = [
  americanSsn,
  canadianSin,
  brazilianCpf,
  indianAadhaar,
  koreanNumber,
];
