import { luhn } from './check-digits.js';
import type { NumberRule } from './number-rules.js';

/** First digits and lengths of the card networks (ISO/IEC 7812 issuer ranges as the networks publish them). */
const NETWORKS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^3(?:0[0-5]|[68])/, [14]],
  [/^62/, [16, 17, 18, 19]],
];

/** Payment cards: a network's first digits and length, and the check of Luhn. */
export const card: NumberRule = {
  kind: 'card',
  name: 'payment card',
  shapes: ['13', '14', '15', '16', '17', '18', '19', '4-4-4-4', '4-6-5', '4-6-4', '4-4-4-4-3'],
  fits: ({ digits: text, separator }, digits) =>
    ['', ' ', '-', '.'].includes(separator) &&
    NETWORKS.some(([prefix, lengths]) => lengths.includes(text.length) && prefix.test(text)) &&
    luhn(digits),
};
