import { CodedError } from '../../common/index.js';
import type { Work } from './requests.js';

// What the engines refuse requests with, whatever computes.

/** A release that nobody has loaded. */
export function modelNotLoaded(release: string): CodedError {
  return new CodedError('MODEL_NOT_LOADED', `release ${release} is not loaded`, { release }, 503);
}

/** A release that went while it was in use. */
export function modelUnloaded(release: string): CodedError {
  return new CodedError('MODEL_UNLOADED', `release ${release} has been unloaded`, { release }, 503);
}

/** More requests wait than may. */
export function engineBusy(most: number): CodedError {
  return new CodedError('ENGINE_BUSY', `${most} requests are waiting already`, {}, 503);
}

/** What a cancelled request ends with, but for answers, which keep what they have. */
export function cancelled(): CodedError {
  return new CodedError('CANCELLED', 'the request was cancelled', {}, 499);
}

/** A request whose turn came too late. */
export function waitedTooLong({ maxWaitMs }: Work): CodedError {
  const message = `The engine did not begin within ${maxWaitMs! / 1000} s; nothing was computed.`;
  return new CodedError('ANSWER_TIMEOUT', message, { retryable: true, retryAfter: 1 }, 503);
}
