import { isotonicBlocks, type CalibrationBlock, type Outcome } from './isotonic.js';

/** What a raw confidence is worth. */
export interface Calibrated {
  /** How often decisions of such confidence come true, as far as is known. */
  readonly estimate: number;
  /** What it is at least, with 95 % certainty: automatic approval looks at this. */
  readonly lower: number;
  /** Recorded outcomes behind it. */
  readonly support: number;
}

/** Outcomes that the raw confidence itself counts for: with fewer recorded ones it still has most of the say. */
export const PRIOR_STRENGTH = 8;

/** One-sided 95 % quantile of the normal distribution. */
const Z = 1.6448536269514722;

/** Turns raw confidences into how often such ones came true. */
export class Calibrator {
  private constructor(readonly blocks: readonly CalibrationBlock[]) {}

  /** Learns from outcomes of one type of decision, of one version of its model. */
  static fit(outcomes: readonly Outcome[]): Calibrator {
    return new Calibrator(isotonicBlocks(outcomes));
  }

  /**
   * The raw confidence counts as `PRIOR_STRENGTH` outcomes beside those of its block; the lower bound is Wilson's
   * (1927) for their sum. Non-decreasing in `raw` where blocks are supported alike.
   */
  calibrate(raw: number): Calibrated {
    const block = this.blockOf(raw);
    const [count, successes] = block === undefined ? [0, 0] : [block.count, block.successes];
    const n = count + PRIOR_STRENGTH;
    const estimate = (successes + PRIOR_STRENGTH * raw) / n;
    return { estimate, lower: wilsonLower(estimate, n), support: count };
  }

  /** The block that holds a confidence, or the nearer of the two it lies between. */
  private blockOf(raw: number): CalibrationBlock | undefined {
    const distance = ({ from, to }: CalibrationBlock) => Math.max(from - raw, raw - to, 0);
    return this.blocks.reduce<CalibrationBlock | undefined>(
      (best, block) => (best === undefined || distance(block) < distance(best) ? block : best),
      undefined,
    );
  }
}

/** Wilson's lower bound of a share `p` that was seen in `n` trials. @param z quantile of the normal distribution */
export function wilsonLower(p: number, n: number, z = Z): number {
  const z2 = z * z;
  const centre = p + z2 / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return Math.max(0, (centre - spread) / (1 + z2 / n));
}
