import type { NumberRule } from './number-rules.js';

/** Country calling codes (ITU-T E.164): the zones of one digit, and the assigned codes of two and three digits. */
const CODES = new RegExp(
  '^(?:1|7|2[07]|3[0123469]|4[013456789]|5[1-8]|6[0-6]|8[1246]|9[0-58]|' +
    '2(?:1[1-8]|[2-4]\\d|5[0-8]|6\\d|9[0-17-9])|3(?:5\\d|7[0-8]|8[0-35-79])|42[013]|50\\d|59\\d|6(?:7[02-9]|8[0-35-9]|9[0-2])|' +
    '8(?:00|5[02356]|8[06])|9(?:6[0-8]|7[0-7]|9[2-68]))',
);
const INTERNATIONAL = /(?<![\p{L}\p{N}+])(?:\+|00)(?=\d)[\d .\-()/]{7,24}/gu;
const FEWEST = 8;
const MOST = 15;

/** Numbers with a country code: `+49 30 1234567`, `0033 1 23 45 67 89`. */
export function* internationalPhones(text: string): Generator<{ start: number; end: number }, void> {
  for (const { 0: match, index } of text.matchAll(INTERNATIONAL)) {
    const written = match.replace(/\D+$/, '');
    const digits = written.replace(/\D/g, '').replace(/^00/, '');
    const dialled = written.startsWith('+') || /\D/.test(written);
    if (dialled && digits.length >= FEWEST && digits.length <= MOST && CODES.test(digits))
      yield { start: index, end: index + written.length };
  }
}

/** Numbers of North America: area and exchange begin with 2 to 9; 555-01xx is kept for fiction. Unbroken they must be announced. */
const northAmerican: NumberRule = {
  kind: 'phone',
  name: 'North American phone',
  shapes: ['3-3-4', '1-3-3-4', '10'],
  fits: ({ digits: text, shape, start }, digits, context) => {
    const [area, exchange] = [digits.length - 10, digits.length - 7];
    if (digits[area] < 2 || digits[exchange] < 2 || (area === 1 && digits[0] !== 1)) return false;
    if (text.startsWith('55501', exchange)) return false;
    return shape !== '10' || context.before(start, 'phone');
  },
};

/** Numbers dialled with a leading 0, as in most of Europe. Unbroken ones must be announced. */
const trunkPrefixed: NumberRule = {
  kind: 'phone',
  name: 'phone with trunk prefix',
  shapes: [
    '10',
    '11',
    '3-7',
    '3-8',
    '4-6',
    '4-7',
    '5-6',
    '5-5',
    '2-2-2-2-2',
    '3-4-4',
    '4-3-4',
    '4-3-3',
    '5-3-3',
    '3-3-2-2',
    '2-4-4',
  ],
  fits: ({ shape, separator, start }, digits, context) =>
    digits[0] === 0 &&
    digits[1] > 0 &&
    separator !== 'mixed' &&
    (shape.includes('-') || context.before(start, 'phone')),
};

/** Numbers without any prefix, which only their announcement tells from others. */
const announced: NumberRule = {
  kind: 'phone',
  name: 'announced phone',
  shapes: ['9', '3-3-3', '3-2-2-2', '3-4', '4-4', '5-5', '5-4', '4-3-3', '2-4-4', '3-3-2-2'],
  fits: ({ digits, start }, _digits, context) => !digits.startsWith('0') && context.before(start, 'phone'),
};

/** Phone numbers without a country code. */
export const PHONES: readonly NumberRule[] = [northAmerican, trunkPrefixed, announced];
