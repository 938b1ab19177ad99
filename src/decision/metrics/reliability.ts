/** A decision whose end is known: the confidence it was taken with, and whether it was right. */
export interface Judged {
  /** Calibrated estimate at the time, 0 to 1. */
  readonly confidence: number;
  readonly success: boolean;
}

/** Decisions of about equal confidence. */
export interface ReliabilityBin {
  /** Bounds of the confidence: `from` included, `to` excluded but for 1. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence; null in an empty bin. */
  readonly confidence: number | null;
  /** Share that came true; null in an empty bin. */
  readonly successRate: number | null;
}

const BINS = 10;

/** The reliability curve (DeGroot and Fienberg, 1983): ten bins of equal width. */
export function reliabilityCurve(decisions: readonly Judged[]): readonly ReliabilityBin[] {
  return Array.from({ length: BINS }, (_, i) => {
    const inside = decisions.filter(
      ({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)) === i,
    );
    const count = inside.length;
    const mean = (total: number) => (count === 0 ? null : total / count);
    return {
      ...{ from: i / BINS, to: (i + 1) / BINS, count },
      confidence: mean(inside.reduce((sum, { confidence }) => sum + confidence, 0)),
      successRate: mean(inside.filter(({ success }) => success).length),
    };
  });
}

/** Expected calibration error (Naeini et al., 2015): mean distance of curve and diagonal, weighted by decisions; 0 without any. */
export function expectedCalibrationError(decisions: readonly Judged[]): number {
  return reliabilityCurve(decisions).reduce((sum, { count, confidence, successRate }) => {
    if (confidence === null || successRate === null) return sum;
    return sum + (count / decisions.length) * Math.abs(confidence - successRate);
  }, 0);
}

/** Brier score (1950): mean squared distance of confidence and outcome; null without decisions. */
export function brierScore(decisions: readonly Judged[]): number | null {
  if (decisions.length === 0) return null;
  return (
    decisions.reduce((sum, { confidence, success }) => sum + (confidence - Number(success)) ** 2, 0) /
    decisions.length
  );
}

/** A decision that a guardian has judged, too. */
export interface Answered {
  /** Whether the matrix would have let it pass. */
  readonly passed: boolean;
  /** Whether the guardian did. */
  readonly approved: boolean;
}

/** How often the matrix would have done otherwise than guardians did, by kind; null without answers. */
export interface Regret {
  readonly answers: number;
  /** Share let pass that guardians refused: the dangerous kind. */
  readonly wronglyPassed: number;
  /** Share held back that guardians approved: the tiresome kind. */
  readonly wronglyHeld: number;
}

/** See `Regret`. */
export function regret(answers: readonly Answered[]): Regret | null {
  if (answers.length === 0) return null;
  const share = (wrong: (answer: Answered) => boolean) => answers.filter(wrong).length / answers.length;
  return {
    answers: answers.length,
    wronglyPassed: share(({ passed, approved }) => passed && !approved),
    wronglyHeld: share(({ passed, approved }) => !passed && approved),
  };
}
