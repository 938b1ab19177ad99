import { CodedError } from '../../common/index.js';

/** `RECEIPT_NOT_FOUND` (404). */
export function notFound(id: string): CodedError {
  return new CodedError('RECEIPT_NOT_FOUND', `There is no receipt ${id}.`, { receipt: id }, 404);
}

/** `RECEIPT_PRIVATE` (403). */
export function isPrivate(id: string): CodedError {
  return new CodedError(
    'RECEIPT_PRIVATE',
    'Only the account that asked may see this answer.',
    { receipt: id },
    403,
  );
}
