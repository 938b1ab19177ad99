import type { SecuritySignal } from '../../common/observation/security-signals.js';

/** How much a signal may take from the score, and how many of it in an hour take half of that. */
interface Weight {
  readonly most: number;
  readonly half: number;
}

/**
 * First guesses, stated so that they can be argued with: what proves that a secret is known to two, or that stored bytes were
 * changed, weighs most; what every open server sees all day weighs little.
 */
export const SECURITY_WEIGHTS: Readonly<Record<SecuritySignal, Weight>> = {
  integrity: { most: 0.6, half: 1 },
  token_reused: { most: 0.5, half: 1 },
  login_throttled: { most: 0.3, half: 20 },
  login_refused: { most: 0.3, half: 50 },
  token_invalid: { most: 0.2, half: 100 },
  forbidden: { most: 0.2, half: 100 },
  rate_limited: { most: 0.1, half: 500 },
};

/** The security score, 0 to 1: the product over all signals of 1 − most · n / (n + half), n being its count in the last hour. */
export function securityScore(counts: Readonly<Record<SecuritySignal, number>>): number {
  return Object.entries(SECURITY_WEIGHTS).reduce((score, [signal, { most, half }]) => {
    const n = counts[signal as SecuritySignal];
    return score * (1 - (most * n) / (n + half));
  }, 1);
}
