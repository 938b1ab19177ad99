import { CodedError } from '../../common/index.js';

/** The same refusal as one that passes, with status 503: somebody else has what the step needs just now. */
export function worthAnotherAttempt({ code, message, facts }: CodedError): CodedError {
  return new CodedError(code, message, facts, 503);
}
