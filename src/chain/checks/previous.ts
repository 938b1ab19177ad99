import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { Candidate } from '../publish/candidate.js';

/**
 * `BLOCK_PREV`: on linear chains (A, C, D) a block names the head it follows, null on the first; on B it names nothing.
 * @param head the hash of the chain's last block
 */
export function checkPrevious({ hash, header }: Candidate, head: string | null): Result<void> {
  const expected = header.chain_id === 'B' ? null : head;
  if (header.prev_hash === expected) return ok();
  return err(
    new CodedError(
      'BLOCK_PREV',
      `Block ${hash} follows ${header.prev_hash ?? 'nothing'}, but chain ${header.chain_id} expects ${expected ?? 'nothing'}.`,
      { block: hash, chain: header.chain_id, prev_hash: header.prev_hash, expected },
      409,
    ),
  );
}
