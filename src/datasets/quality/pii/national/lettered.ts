import { digitsOf, isDay, weighted } from '../check-digits.js';

/** A national number with letters: a bounded pattern and its check. */
interface LetteredRule {
  readonly name: string;
  readonly pattern: RegExp;
  fits(text: string): boolean;
}

const SPANISH = 'TRWAGMYFPDXBNJZSQVHLCKE';
const FINNISH = '0123456789ABCDEFHJKLMNPRSTUVWXY';

/** DNI and NIE of Spain: the letter is the number modulo 23; X, Y, Z stand for 0, 1, 2. */
const spanishDni: LetteredRule = {
  name: 'Spanish DNI or NIE',
  pattern: /(?<![\p{L}\p{N}])(?:\d{8}|[XYZ][- ]?\d{7})[- ]?[A-HJ-NP-TV-Z](?![\p{L}\p{N}])/gu,
  fits: (text) => {
    const compact = text.replace(/[- ]/g, '');
    const number = compact.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
    return SPANISH[Number(number) % 23] === compact.at(-1);
  },
};

/** Henkilötunnus of Finland: a date, a sign for the century, and a check character modulo 31. */
const finnishHetu: LetteredRule = {
  name: 'Finnish personal identity code',
  pattern: /(?<![\p{L}\p{N}])\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y](?![\p{L}\p{N}])/gu,
  fits: (text) =>
    isDay(Number(text.slice(0, 2)), Number(text.slice(2, 4))) &&
    FINNISH[Number(text.slice(0, 6) + text.slice(7, 10)) % 31] === text[10],
};

/** Resident identity number of China: a date, and ISO 7064 MOD 11-2, whose remainder 10 is written X. */
const chineseId: LetteredRule = {
  name: 'Chinese resident identity number',
  pattern: /(?<![\p{L}\p{N}])[1-9]\d{16}[\dX](?![\p{L}\p{N}])/gu,
  fits: (text) => {
    const sum = weighted(digitsOf(text), [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
    const born = ['18', '19', '20'].includes(text.slice(6, 8));
    return (
      born &&
      isDay(Number(text.slice(12, 14)), Number(text.slice(10, 12))) &&
      '10X98765432'[sum % 11] === text[17]
    );
  },
};

const ITALIAN_ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/** Codice fiscale of Italy: letters and digits in odd places count by a table, in even places by their order. */
const italianCode: LetteredRule = {
  name: 'Italian codice fiscale',
  pattern: /(?<![\p{L}\p{N}])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![\p{L}\p{N}])/gu,
  fits: (text) => {
    const rank = (character: string) =>
      /\d/.test(character) ? Number(character) : character.charCodeAt(0) - 65;
    const sum = Array.from(text.slice(0, 15), rank).reduce(
      (total, r, i) => total + (i % 2 === 0 ? ITALIAN_ODD[r] : r),
      0,
    );
    return String.fromCharCode(65 + (sum % 26)) === text[15];
  },
};

/** National insurance number of the United Kingdom: no check digit, but prefixes that are never given out. */
const britishNino: LetteredRule = {
  name: 'British national insurance number',
  pattern:
    /(?<![\p{L}\p{N}])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\p{L}\p{N}])/gu,
  fits: (text) => !['BG', 'GB', 'NK', 'KN', 'TN', 'NT', 'ZZ'].includes(text.slice(0, 2)),
};

const RULES = [spanishDni, finnishHetu, chineseId, italianCode, britishNino];

/** Where national numbers with letters stand in a text. */
export function* letteredNumbers(text: string): Generator<{ start: number; end: number }, void> {
  for (const { pattern, fits } of RULES) {
    for (const match of text.matchAll(pattern)) {
      if (fits(match[0])) yield { start: match.index, end: match.index + match[0].length };
    }
  }
}
