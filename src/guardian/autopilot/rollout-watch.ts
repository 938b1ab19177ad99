import type { ReleaseFigures } from '../../inference/index.js';
import type { Stage } from '../actions/release-stages.js';

/** The next step of a release that is brought to people by stages. */
export interface RolloutStep {
  readonly action: 'canary' | 'promote' | 'withdraw';
  /** For whoever must decide. */
  readonly why: string;
}

/** Answers of a stage that are enough; as many as the evidence of a decision needs. */
const ENOUGH_ANSWERS = 10;
/** Share of failed answers from which on it goes no further. */
const FAILED = 0.05;

/**
 * What follows after a stage: a canary after the shadow, all answers after the canary, nothing more where answers fail; null while there
 * are too few. Where so few people ask that there never are enough, the next step is asked for all the same after a while. Whether it may be
 * is for the decision matrix, which has the same figures, and those of the evaluation.
 * @param stagedMs how long it has been in this stage
 * @param longestMs how long enough answers are waited for
 */
export function stepAfter(
  stage: Stage['stage'],
  { answers, failed }: ReleaseFigures,
  stagedMs: number,
  longestMs: number,
): RolloutStep | null {
  const counted = `${answers} answers as ${stage}, of which ${failed} failed`;
  const isEnough = answers >= ENOUGH_ANSWERS;
  if (!isEnough && stagedMs < longestMs) return null;
  const few = `${counted}: few asked within ${Math.round(longestMs / 1000)} s, so what was measured before it was staged has to do`;
  const seen = isEnough ? counted : few;
  if (failed > 0 && failed / answers >= FAILED) return { action: 'withdraw', why: seen };
  return { action: stage === 'shadow' ? 'canary' : 'promote', why: seen };
}
