import type { Result } from '../../../common/index.js';
import { aggregateRound, type RoundResult, type ShownUpdate } from '../aggregate-round.js';
import type { RoundBase } from '../round-base.js';
import { readRoundUpdate } from '../round-update.js';
import type { RoundTerms } from '../terms.js';

/** What the thread is given; all of it can be cloned. */
export interface RoundWork {
  /** `check`: whether the one update can be taken; `aggregate`: what is made of all. */
  readonly kind: 'check' | 'aggregate';
  readonly terms: RoundTerms;
  readonly base: RoundBase;
  readonly shown: readonly ShownUpdate[];
  /** Seed of the noise of a private round, to aggregate it. */
  readonly noise: Uint8Array | null;
}

/** What it found: why it refuses, or the result (null after a check). */
export type RoundFinding =
  | { readonly refusal: { readonly code: string; readonly message: string } }
  | { readonly refusal: null; readonly result: RoundResult | null };

/** Does the work on the calling thread. */
export function workOnRound({ kind, terms, base, shown, noise }: RoundWork): RoundFinding {
  if (kind === 'aggregate') return findingOf(aggregateRound(terms, base, shown, noise), (result) => result);
  const refused = shown.map(({ bytes }) => readRoundUpdate(bytes, base, terms)).find((read) => !read.ok);
  return refused === undefined ? { refusal: null, result: null } : findingOf(refused, () => null);
}

function findingOf<T>(found: Result<T>, resultOf: (value: T) => RoundResult | null): RoundFinding {
  if (found.ok) return { refusal: null, result: resultOf(found.value) };
  const { code, message } = found.error;
  return { refusal: { code, message } };
}
