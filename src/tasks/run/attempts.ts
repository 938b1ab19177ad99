/** Attempts a step has before its task fails. */
export const MOST_ATTEMPTS = 3;
/** Attempts of a step whose effect is prepared and may be out: giving up would leave its outcome unknown. */
export const MOST_ATTEMPTS_UNDER_WAY = 20;
/** No wait between two attempts is longer than this, ms. */
export const LONGEST_WAIT_MS = 15 * 60_000;
