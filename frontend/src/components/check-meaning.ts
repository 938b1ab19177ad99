import type { CheckOutcome } from '../api/learning.js';
import type { Meaning } from './state.js';

/** What a check of a submission means. One that was left out is no proof, though it stops nothing. */
export function meaningOf({ passed, figures }: CheckOutcome): Meaning {
  const isSkipped = typeof figures === 'object' && figures !== null && 'skipped' in figures;
  if (passed && isSkipped) return 'neutral';
  return passed ? 'proved' : 'failed';
}
