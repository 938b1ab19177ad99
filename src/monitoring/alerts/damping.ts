/** Trouble that comes back within this time after its end is the same trouble, ms. */
export const RETURN_WINDOW_MS = 3_600_000;
const FIRST_QUIET_MS = 600_000;
const LONGEST_QUIET_MS = 7_200_000;

/**
 * How long trouble must not be seen before its alert is resolved, ms. Trouble seen for the first time ends when its source
 * does not see it any more; each return doubles the wait, from ten minutes to two hours, so that a measurement that swings
 * around its bound is one alert and not many.
 */
export function quietNeeded(returns: number): number {
  return returns === 0 ? 0 : Math.min(LONGEST_QUIET_MS, FIRST_QUIET_MS * 2 ** (returns - 1));
}
