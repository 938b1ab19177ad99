import { makeVocabulary } from '../../src/inference/constraints/index.js';

/** The token that ends an answer; token b + 1 is byte b. */
export const END = 0;
const WORDS = [
  '{"',
  '":',
  '": ',
  '","',
  '", "',
  '"}',
  '"]',
  '"},',
  '[{',
  '}]',
  ', ',
  'true',
  'false',
  'null',
];
const OTHERS = [
  'the',
  ' name',
  'äö',
  '日本',
  '\n',
  '\n  ',
  '12',
  '007',
  '-1',
  '.5',
  'e9',
  '\\n',
  '\\u00',
  '\\',
  'a"b',
];

/** Every byte, some words of JSON and of other texts, a token that is half a character, and one that ends an answer. */
export const vocabulary = (() => {
  const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  const words = [...WORDS, ...OTHERS].map((word) => new TextEncoder().encode(word));
  const tokens = [null, ...bytes, ...words, Uint8Array.of(0x61, 0xe6, 0x97)];
  return makeVocabulary(tokens.length, (id) => tokens[id], [END], false);
})();

function bytesOf(ids: readonly number[]): Uint8Array {
  const { bytes, offsets } = vocabulary;
  return Uint8Array.from(ids.flatMap((id) => [...bytes.subarray(offsets[id], offsets[id + 1])]));
}

/** The text of tokens; throws where they are not whole characters. */
export function decode(ids: readonly number[]): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(ids));
}

/** Numbers from 0 to 1 that depend on the seed alone. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
