import { CodedError, err, ok, type Result } from '../../common/index.js';
import { DAILY_QUOTA, type TrustLevel } from '../trust/trust.js';

/** `SUBMISSION_QUOTA` (429): a contributor has not made more submissions in the last 24 hours than trust allows. */
export function checkQuota(level: TrustLevel, madeToday: number): Result<void> {
  const allowed = DAILY_QUOTA[level];
  if (madeToday < allowed) return ok();
  const message = `${madeToday} submissions in the last 24 hours; ${allowed} are allowed to a contributor who is ${level}`;
  return err(new CodedError('SUBMISSION_QUOTA', message, { allowed, retryAfter: 3_600 }, 429));
}
