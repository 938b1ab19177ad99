import { randomInt } from 'node:crypto';

/**
 * How long to wait before the next attempt, ms: doubled each time up to a limit, and spread over its upper half so that what
 * failed together does not come back together. @param failed attempts made so far, at least 1 @param random a number below
 * its argument
 */
export function backoffMs(
  base: number,
  failed: number,
  longestMs: number,
  random: (below: number) => number = (below) => randomInt(below),
): number {
  const full = Math.min(longestMs, base * 2 ** (failed - 1));
  const half = Math.floor(full / 2);
  return full - half + (half === 0 ? 0 : random(half + 1));
}
