import { CodedError, err, ok, type Result } from '../../common/index.js';
import { composed, epsilonOf, gaussianRelease, type RenyiSpent } from './renyi.js';

/** What a contributor may lose of its privacy, once and for all. */
export interface PrivacyLimit {
  readonly epsilon: number;
  /** Probability with which more may be lost. */
  readonly delta: number;
}

/**
 * Spends a release of a clipped and noised vector. @param sigma deviation of the noise as a multiple of the clipping length, above 0
 * @returns what is spent then; refuses with `PRIVACY_BUDGET_SPENT` (409) where that is more than the limit
 */
export function spend(spent: RenyiSpent, sigma: number, limit: PrivacyLimit): Result<RenyiSpent> {
  const after = composed(spent, gaussianRelease(sigma));
  const epsilon = epsilonOf(after, limit.delta);
  if (epsilon <= limit.epsilon) return ok(after);
  const detail = `another release would make epsilon ${epsilon.toFixed(3)}, the limit is ${limit.epsilon}`;
  return err(new CodedError('PRIVACY_BUDGET_SPENT', detail, { epsilon, limit: limit.epsilon }, 409));
}
