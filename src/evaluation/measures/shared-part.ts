import type { ScoredText } from '../../inference/index.js';

/** Tokens that an item's sentences must share at their end, so that their mean says something. */
const FEWEST_SHARED = 3;

/**
 * The mean log-probability per token, in nats, of what all sentences of an item have in common: their longest common ending
 * in tokens, which lies behind the person, so that it is judged given the person. Null where the sentences share too little.
 */
export function sharedLogprobs(texts: readonly ScoredText[]): number[] | null {
  const shared = commonEnding(texts.map(({ ids }) => ids));
  // The first token of a text has no log-probability.
  const judged = Math.min(shared, ...texts.map(({ logprobs }) => logprobs.length));
  if (judged < FEWEST_SHARED) return null;
  return texts.map(({ logprobs }) => mean(logprobs.slice(logprobs.length - judged)));
}

function commonEnding(sequences: readonly (readonly number[])[]): number {
  const [first, ...others] = sequences;
  const shortest = Math.min(...sequences.map(({ length }) => length));
  let length = 0;
  while (length < shortest && others.every((other) => other.at(-1 - length) === first.at(-1 - length)))
    length++;
  return length;
}

/** The arithmetic mean, summed in order; 0 of nothing. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}
