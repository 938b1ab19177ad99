import { verifyHeader, type BlockHeader } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { UPLOAD_LIMITS } from './upload-limits.js';

/** The header of an expert block, found to be well formed and signed by its author. */
export interface ExpertHeader {
  readonly hash: string;
  readonly header: BlockHeader;
}

/** Checks a header before any byte of its payload is taken. Refusals: `BLOCK_…`, `UPLOAD_NOT_EXPERT`, `UPLOAD_TOO_LARGE`. */
export function checkExpertHeader(value: unknown): Result<ExpertHeader> {
  const verified = verifyHeader(value, { sha256: nativeSha256 });
  if (!verified.ok) return verified;
  const { hash, header } = verified.value;
  if (header.chain_id !== 'B' || header.block_type !== 'expert') {
    const message = `block ${hash} is a ${header.block_type} block of chain ${header.chain_id}; only experts are uploaded here`;
    return err(new CodedError('UPLOAD_NOT_EXPERT', message, { block: hash }));
  }
  if (header.payload_size > UPLOAD_LIMITS.payloadBytes) {
    const message = `the payload of block ${hash} has ${header.payload_size} bytes, allowed are ${UPLOAD_LIMITS.payloadBytes}`;
    return err(new CodedError('UPLOAD_TOO_LARGE', message, { block: hash }, 413));
  }
  return ok({ hash, header });
}
