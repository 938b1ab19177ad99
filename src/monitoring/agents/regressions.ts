import { liesAbove, type Comparison } from '../statistics/mann-whitney.js';

/** A measure that became worse than it was at this hour on other days. */
export interface Regression {
  readonly measure: string;
  readonly p: number;
  /** Median now over the median on other days. */
  readonly ratio: number;
  readonly samples: number;
  readonly reference: number;
}

/** Fewer measurements than these say nothing. */
const LEAST_SAMPLES = 6;
const LEAST_REFERENCE = 20;
/** So unlikely that chance does it about once a year per measure at a round every five minutes, were rounds independent. */
const UNLIKELY = 1e-5;
/** And so large that somebody would care: half as much again, or two thirds of it left. */
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
    const [now, before] = [valuesOf(recent, measure), valuesOf(reference, measure)];
    const rise = clearRise(now, before, now, before);
    return rise === null ? [] : [{ measure, ...rise, samples: now.length, reference: before.length }];
  });
}

/**
 * Which measures of speed lie clearly below those of the same hour on other days, by the same test the other way round. Only
 * measurements count in which work waited, now and then: a server with nothing to do is not slow.
 */
export function slowdowns(
  measures: readonly string[],
  recent: readonly Measured[],
  reference: readonly Measured[],
  worked: (each: Measured) => boolean,
): Regression[] {
  return measures.flatMap((measure) => {
    const [now, before] = [recent, reference].map((list) => valuesOf(list.filter(worked), measure));
    const fall = clearRise(before, now, now, before);
    if (fall === null) return [];
    return [{ measure, p: fall.p, ratio: 1 / fall.ratio, samples: now.length, reference: before.length }];
  });
}

/** How clearly and far `high` lies above `low`; null where it does not, or where too few were measured to say so. */
function clearRise(
  high: readonly number[],
  low: readonly number[],
  now: readonly number[],
  before: readonly number[],
): Comparison | null {
  if (now.length < LEAST_SAMPLES || before.length < LEAST_REFERENCE) return null;
  const found = liesAbove(high, low);
  return found.p > UNLIKELY || found.ratio < LEAST_RATIO ? null : found;
}

function valuesOf(list: readonly Measured[], measure: string): number[] {
  return list.map((each) => each[measure]).filter((value) => Number.isFinite(value));
}
