import { CodedError } from '../../common/index.js';

/** The refusal for a hash that names no accepted block. */
export function unknownBlock(hash: string): CodedError {
  return new CodedError('BLOCK_UNKNOWN', `There is no block ${hash}.`, { block: hash }, 404);
}
