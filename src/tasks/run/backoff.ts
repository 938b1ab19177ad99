import { randomInt } from 'node:crypto';

/** Attempts a step has before its task fails. */
export const MOST_ATTEMPTS = 3;
/** Attempts of a step whose effect is prepared and may be out: giving up would leave its outcome unknown. */
export const MOST_ATTEMPTS_UNDER_WAY = 20;
/** No wait is longer than this, ms. */
export const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * How long to wait before the next attempt, ms: doubled each time, and spread over its upper half so that what failed
 * together does not come back together. @param failed attempts made so far, at least 1 @param random a number below its argument
 */
export function backoffMs(
  base: number,
  failed: number,
  random: (below: number) => number = (below) => randomInt(below),
): number {
  const full = Math.min(LONGEST_WAIT_MS, base * 2 ** (failed - 1));
  const half = Math.floor(full / 2);
  return full - half + (half === 0 ? 0 : random(half + 1));
}
