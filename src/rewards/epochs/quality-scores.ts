import type { UsagePolicy } from '../policy/rewards-policy.js';
import type { CountedScore } from './epoch-input.js';
import { grouped } from './group.js';
import { median } from './median.js';

/** Of an answer with many authors, those who made less than this of it are not judged by its score; millionths. */
const LEAST_PART = 10_000;

/**
 * The quality of each author, in millionths: the mean of one score per payer (the median of what the payer gave), each moved into
 * a band around the median of all. Neither many scores by one payer nor extreme ones by a few move it far. Authors that too few
 * payers scored have none.
 */
export function qualityOf(scores: readonly CountedScore[], policy: UsagePolicy): ReadonlyMap<string, bigint> {
  const single = scores.flatMap(({ payer, score, parts }) =>
    parts.filter(({ part }) => part >= LEAST_PART).map(({ author }) => ({ author, payer, score })),
  );
  const qualities = grouped(single, ({ author }) => author).map(([author, given]): [string, bigint] => {
    const byPayer = grouped(given, ({ payer }) => payer).map(([, own]) =>
      median(own.map(({ score }) => score))!,
    );
    const isEnough = byPayer.length >= policy.scorePayers;
    return [author, isEnough ? clippedMean(byPayer, Number(policy.scoreBand)) : 0n];
  });
  return new Map(qualities);
}

/** The mean of values moved into the band around their median, rounded down. */
function clippedMean(values: readonly number[], band: number): bigint {
  const middle = median(values)!;
  const clipped = values.map((value) => Math.min(Math.max(value, middle - band), middle + band));
  return clipped.reduce((sum, value) => sum + BigInt(value), 0n) / BigInt(values.length);
}
