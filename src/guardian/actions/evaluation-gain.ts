import type { LossFigures } from '../../common/autonomy/safety-figures.js';

/** Less or more loss by this share is as much as counts. */
const FULL_DIFFERENCE = 0.02;

/** What is known of two releases' losses. */
export interface EvaluationGain {
  /** 0: at least 2 % more loss than the live release, 0.5: the same, 1: at least 2 % less. */
  readonly feature: number;
  /** Share by which the candidate's loss is less; negative where it is more. */
  readonly lessLoss: number;
}

/**
 * How much better a release predicts than the live one. Null where it is not known: one of them was not evaluated, or they
 * were asked different questions.
 */
export function evaluationGain(
  own: LossFigures | undefined,
  live: LossFigures | undefined,
): EvaluationGain | null {
  if (own === undefined || live === undefined) return null;
  if (own.questions !== live.questions || !(live.natsPerByte > 0)) return null;
  return gainOf((live.natsPerByte - own.natsPerByte) / live.natsPerByte);
}

/** The gain that so much less loss is, where somebody has compared both releases already. */
export function gainOf(lessLoss: number): EvaluationGain {
  return { feature: Math.min(1, Math.max(0, 0.5 + lessLoss / FULL_DIFFERENCE / 2)), lessLoss };
}
