import { CodedError, messageOf, systemCodeOf } from '../../common/index.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const READ_ONLY = new Set(['EACCES', 'EROFS', 'EPERM']);

/**
 * What a failed write means to whoever asked for it: `STORAGE_FULL` (507), `STORAGE_READ_ONLY` (503) or
 * `STORAGE_FAILED` (503). What has no system error code is a bug and is thrown on.
 */
export function storageError(thrown: unknown): CodedError {
  const code = systemCodeOf(thrown);
  if (code === undefined || code.startsWith('ERR_')) throw thrown;
  const facts = { system_code: code };
  const cause = { cause: thrown };
  if (FULL.has(code))
    return new CodedError('STORAGE_FULL', 'The disk is full; nothing was stored.', facts, 507, cause);
  if (READ_ONLY.has(code))
    return new CodedError(
      'STORAGE_READ_ONLY',
      'The data folder cannot be written; nothing was stored.',
      facts,
      503,
      cause,
    );
  return new CodedError(
    'STORAGE_FAILED',
    `The disk refused a write: ${messageOf(thrown)}`,
    facts,
    503,
    cause,
  );
}
