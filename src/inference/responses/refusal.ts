import type { CodedError } from '../../common/index.js';
import { ProblemException } from '../../common/problem.js';

/** The HTTP form of a refusal; `facts.retryAfter` (seconds) becomes the header that tells when to come back. */
export function refusal(error: CodedError): ProblemException {
  const { retryAfter } = error.facts;
  return ProblemException.from(
    error,
    typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {},
  );
}
