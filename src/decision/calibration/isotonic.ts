/** What became of one decision that was taken with a raw confidence. */
export interface Outcome {
  /** 0 to 1. */
  readonly raw: number;
  /** Whether it was right. */
  readonly success: boolean;
}

/** Neighbouring raw confidences that came true about equally often. */
export interface CalibrationBlock {
  /** Least and greatest raw confidence in it. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly successes: number;
}

/** Outcomes that are at least merged before anything is fitted: fewer say little and would make steps of chance. */
const LEAST_GROUP = 20;

/**
 * Isotonic regression by pool-adjacent-violators (Ayer et al., 1955): the non-decreasing step function that fits success to
 * raw confidence best in the sense of least squares. O(n log n).
 * @returns blocks in ascending order of confidence, rates strictly ascending; empty without outcomes
 */
export function isotonicBlocks(outcomes: readonly Outcome[]): readonly CalibrationBlock[] {
  const blocks: CalibrationBlock[] = [];
  for (const group of groups([...outcomes].sort((a, b) => a.raw - b.raw))) {
    blocks.push(group);
    while (blocks.length > 1 && rate(blocks.at(-2)!) >= rate(blocks.at(-1)!)) {
      const [left, right] = blocks.splice(-2);
      blocks.push(merge(left, right));
    }
  }
  return blocks;
}

/** Groups of equal confidences, filled up to the least size with their neighbours; a rest joins the last one. */
function groups(sorted: readonly Outcome[]): CalibrationBlock[] {
  const made: CalibrationBlock[] = [];
  for (const { raw, success } of sorted) {
    const one = { from: raw, to: raw, count: 1, successes: success ? 1 : 0 };
    const last = made.at(-1);
    if (last !== undefined && (last.count < LEAST_GROUP || last.to === raw))
      made[made.length - 1] = merge(last, one);
    else made.push(one);
  }
  const rest = made.at(-1);
  if (made.length > 1 && rest!.count < LEAST_GROUP) made.splice(-2, 2, merge(made.at(-2)!, rest!));
  return made;
}

function merge(left: CalibrationBlock, right: CalibrationBlock): CalibrationBlock {
  return {
    from: left.from,
    to: right.to,
    count: left.count + right.count,
    successes: left.successes + right.successes,
  };
}

function rate({ count, successes }: CalibrationBlock): number {
  return successes / count;
}
