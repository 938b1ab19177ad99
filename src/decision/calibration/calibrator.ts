import type { Judged } from '../metrics/reliability.js';
import { isotonicBlocks, type CalibrationBlock, type Outcome } from './isotonic.js';
import { onPlattLine, plattLine, type PlattLine } from './platt.js';

/** What a raw confidence is worth. */
export interface Calibrated {
  /** How often decisions of such confidence come true, as far as is known. */
  readonly estimate: number;
  /** What it is at least, with 95 % certainty: automatic approval looks at this. */
  readonly lower: number;
  /** Recorded outcomes behind it. */
  readonly support: number;
}

/** Outcomes that a raw confidence itself is worth where nobody has any: what certainty begins with. */
export const PRIOR_STRENGTH = 8;

/** Outcomes that the line through all of a type counts for beside those of one block. */
const LINE_STRENGTH = 60;

/** Recorded estimates at most this far away say whether such estimates were too high or too low. */
const NEIGHBOURHOOD = 0.1;
/** Recorded estimates that "they were right" counts for. */
const RECORD_STRENGTH = 20;

/** One-sided 95 % quantile of the normal distribution. */
const Z = 1.6448536269514722;

/** Turns raw confidences into how often such ones came true. */
export class Calibrator {
  private constructor(
    readonly blocks: readonly CalibrationBlock[],
    private readonly line: PlattLine,
    private readonly record: readonly Judged[],
  ) {}

  /**
   * Learns from outcomes of one type of decision, of one version of its model, and from how earlier estimates came out.
   * @param record estimates of all types as they were before their outcomes were known
   */
  static fit(outcomes: readonly Outcome[], record: readonly Judged[] = []): Calibrator {
    return new Calibrator(isotonicBlocks(outcomes), plattLine(outcomes), record);
  }

  /**
   * Three layers, each for what the one before cannot see: a line through all outcomes of the type (`plattLine`), which few
   * of them can move; the outcomes near this confidence (`isotonicBlocks`), which need not lie on a line; and by how much
   * estimates of this size have been wrong so far, whatever the type, as in defensive forecasting (Vovk, Takemura and
   * Shafer, 2005). The lower bound is Wilson's (1927) for the outcomes of the type nearby and `PRIOR_STRENGTH`; what other
   * types were like can lower it, but not raise it.
   */
  calibrate(raw: number): Calibrated {
    const block = this.blockOf(raw);
    const [count, successes] = block === undefined ? [0, 0] : [block.count, block.successes];
    const own = (successes + LINE_STRENGTH * onPlattLine(this.line, raw)) / (count + LINE_STRENGTH);
    const estimate = Math.min(1, Math.max(0, own + this.recordedError(own)));
    const lower = wilsonLower(Math.min(own, estimate), count + PRIOR_STRENGTH);
    return { estimate, lower, support: count };
  }

  /** How much more often than they said recorded estimates near this one came true. */
  private recordedError(estimate: number): number {
    const near = this.record.filter(({ confidence }) => Math.abs(confidence - estimate) <= NEIGHBOURHOOD);
    const missed = near.reduce((sum, { confidence, success }) => sum + Number(success) - confidence, 0);
    return missed / (near.length + RECORD_STRENGTH);
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
