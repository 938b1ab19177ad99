import { CodedError } from '../common/index.js';

/** The refusal of new accounts. */
export function registrationClosed(): CodedError {
  return new CodedError('REGISTRATION_CLOSED', 'Ask an admin of this server for an account.', {}, 403);
}

/** The refusal of an account that an admin has closed. */
export function accountDisabled(): CodedError {
  return new CodedError('ACCOUNT_DISABLED', 'An admin has disabled this account.', {}, 403);
}
