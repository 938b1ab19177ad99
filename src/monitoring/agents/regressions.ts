import { liesAbove } from '../statistics/mann-whitney.js';

/** A measure that became worse than it was at this hour on other days. */
export interface Regression {
  readonly measure: string;
  readonly p: number;
  readonly ratio: number;
  readonly samples: number;
  readonly reference: number;
}

/** Fewer measurements than these say nothing. */
const LEAST_SAMPLES = 6;
const LEAST_REFERENCE = 20;
/** So unlikely that chance does it about once a year per measure at a round every five minutes, were rounds independent. */
const UNLIKELY = 1e-5;
/** And so large that somebody would care. */
const LEAST_RATIO = 1.5;

type Measured = Readonly<Record<string, number>>;

/**
 * Which measures lie clearly above those of the same hour on other days: by the Mann–Whitney test over the last hour, and by
 * half as much again in the median, because with many samples the smallest shift is unlikely.
 */
export function regressions(
  measures: readonly string[],
  recent: readonly Measured[],
  reference: readonly Measured[],
): Regression[] {
  return measures.flatMap((measure) => {
    const now = valuesOf(recent, measure);
    const before = valuesOf(reference, measure);
    if (now.length < LEAST_SAMPLES || before.length < LEAST_REFERENCE) return [];
    const { p, ratio } = liesAbove(now, before);
    if (p > UNLIKELY || ratio < LEAST_RATIO) return [];
    return [{ measure, p, ratio, samples: now.length, reference: before.length }];
  });
}

function valuesOf(list: readonly Measured[], measure: string): number[] {
  return list.map((each) => each[measure]).filter((value) => Number.isFinite(value));
}
