import type { QualityReport } from '../../experts/index.js';
import type { EngineScore } from '../engine/engine-port.js';
import { exp } from '../../common/mathematics.js';

/** What one set of weights makes of a text, and what it answers itself. */
export interface Reading {
  readonly scores: readonly EngineScore[];
  readonly greedy: readonly number[];
}

/** Compares what two sets of weights made of the same texts. */
export function compareReadings(exact: readonly Reading[], compact: readonly Reading[]): QualityReport {
  const [left, right] = [exact, compact].map((readings) => readings.flatMap(({ scores }) => scores));
  const same = right.filter(({ top }, i) => top[0].id === left[i].top[0].id).length;
  const equal = compact.filter(({ greedy }, i) => greedy.join() === exact[i].greedy.join()).length;
  return {
    tokens: left.length,
    exact_perplexity: perplexity(left),
    perplexity: perplexity(right),
    same_choice: same / left.length,
    answers: exact.length,
    same_answers: equal,
  };
}

/** exp of the mean negative log probability. */
function perplexity(scores: readonly EngineScore[]): number {
  return 1 / exp(scores.reduce((sum, { logprob }) => sum + logprob, 0) / scores.length);
}
