import { digitsOf, isDay, luhn, mod1110, mod97, weighted } from '../check-digits.js';
import type { NumberRule } from '../number-rules.js';

const kind = 'national-id' as const;

/** Steueridentifikationsnummer: ISO 7064 MOD 11,10; of the first ten digits exactly one occurs twice or three times. */
const germanTaxId: NumberRule = {
  ...{ kind, name: 'German tax id', shapes: ['11', '2-3-3-3'] },
  fits: (_window, digits) => {
    const counts = new Array<number>(10).fill(0);
    for (const digit of digits.slice(0, 10)) counts[digit]++;
    const repeated = counts.filter((count) => count > 1);
    return digits[0] !== 0 && repeated.length === 1 && repeated[0] <= 3 && mod1110(digits);
  },
};

/** Numéro d'inscription au répertoire: key 97 - (13 digits mod 97); sex, month and department are ranges. */
const frenchNir: NumberRule = {
  ...{ kind, name: 'French NIR', shapes: ['15', '13-2', '1-2-2-2-3-3-2'] },
  fits: (_window, digits) => {
    const month = digits[3] * 10 + digits[4];
    const key = digits[13] * 10 + digits[14];
    return (
      (digits[0] === 1 || digits[0] === 2) &&
      month >= 1 &&
      month <= 42 &&
      key === 97 - mod97(digits.slice(0, 13))
    );
  },
};

const PESEL_WEIGHTS = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];

/** PESEL: a date whose month carries the century, and a weighted sum that ends in 0. */
const polishPesel: NumberRule = {
  ...{ kind, name: 'Polish PESEL', shapes: ['11'] },
  fits: (_window, digits) => {
    const month = (digits[2] * 10 + digits[3]) % 20;
    return isDay(digits[4] * 10 + digits[5], month) && weighted(digits, PESEL_WEIGHTS) % 10 === 0;
  },
};

/** Rijksregisternummer: a date, and 97 - (nine digits mod 97), with a 2 before them for births from 2000 on. */
const belgianNumber: NumberRule = {
  ...{ kind, name: 'Belgian national number', shapes: ['11', '2-2-2-3-2', '6-3-2'] },
  fits: (_window, digits) => {
    if (!isDay(digits[4] * 10 + digits[5], digits[2] * 10 + digits[3])) return false;
    const key = digits[9] * 10 + digits[10];
    const nine = digits.slice(0, 9);
    return [nine, [2, ...nine]].some((base) => key === 97 - mod97(base));
  },
};

/** Personnummer: a date and the check of Luhn. */
const swedishNumber: NumberRule = {
  ...{ kind, name: 'Swedish personnummer', shapes: ['6-4', '8-4'] },
  fits: ({ digits: text, separator }) => {
    const digits = digitsOf(text.slice(-10));
    const century = ['18', '19', '20'].includes(text.slice(0, text.length - 8)) || text.length === 10;
    return (
      separator === '-' &&
      century &&
      isDay(digits[4] * 10 + digits[5], digits[2] * 10 + digits[3]) &&
      luhn(digits)
    );
  },
};

/** AHV number: 756 and the check digit of EAN-13. */
const swissAhv: NumberRule = {
  ...{ kind, name: 'Swiss AHV number', shapes: ['13', '3-4-4-2'] },
  fits: ({ digits: text }, digits) =>
    text.startsWith('756') &&
    digits.reduce((sum, digit, i) => sum + digit * (i % 2 === 0 ? 1 : 3), 0) % 10 === 0,
};

/** Burgerservicenummer: the eleven-test, which one number in eleven passes, so it must be announced. */
const dutchBsn: NumberRule = {
  ...{ kind, name: 'Dutch BSN', shapes: ['9', '4-2-3'] },
  fits: ({ start }, digits, context) =>
    context.before(start, 'id') && weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
};

/** T.C. kimlik: two check digits over the others. */
const turkishNumber: NumberRule = {
  ...{ kind, name: 'Turkish identity number', shapes: ['11'] },
  fits: (_window, digits) => {
    const tenth = ((weighted(digits, [7, -1, 7, -1, 7, -1, 7, -1, 7]) % 10) + 10) % 10;
    const eleventh = digits.slice(0, 10).reduce((sum, digit) => sum + digit, 0) % 10;
    return digits[0] !== 0 && digits[9] === tenth && digits[10] === eleventh;
  },
};

/** National numbers of European states that are made of digits alone. */
export const EUROPE: readonly NumberRule[] = [
  germanTaxId,
  frenchNir,
  polishPesel,
  belgianNumber,
  swedishNumber,
  swissAhv,
  dutchBsn,
  turkishNumber,
];
