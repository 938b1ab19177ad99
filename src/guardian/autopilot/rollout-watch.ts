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
/** Where so few people ask that there never are enough, the next step is asked for after so long, ms. */
const LONGEST_STAGE_MS = 3_600_000;
/** Share of failed answers from which on it goes no further. */
const FAILED = 0.05;

/**
 * What follows after a stage: a canary after the shadow, all answers after the canary, nothing more where answers fail; null while there
 * are too few. Whether it may be is for the decision matrix, which has the same figures.
 * @param stagedMs how long it has been in this stage
 */
export function stepAfter(
  stage: Stage['stage'],
  { answers, failed }: ReleaseFigures,
  stagedMs: number,
): RolloutStep | null {
  const seen = `${answers} answers as ${stage}, of which ${failed} failed`;
  if (answers < ENOUGH_ANSWERS && stagedMs < LONGEST_STAGE_MS) return null;
  if (failed > 0 && failed / answers >= FAILED) return { action: 'withdraw', why: seen };
  return { action: stage === 'shadow' ? 'canary' : 'promote', why: seen };
}
