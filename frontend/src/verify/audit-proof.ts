import { hashJson } from '../../../src/common/hash.js';
import type { Json } from '../../../src/common/canonical-json.js';
import { getAuditProof, type AuditItem } from '../api/tasks.js';
import type { Proof } from './block-proofs.js';
import { inclusionFault } from './log-inclusion.js';

/**
 * Proves in this browser that a record of a task is what the log has: the record hashes to what its leaf names, and the leaf
 * leads to a checkpoint that the log's key signed.
 */
export async function checkAudit({ hash, txid, ...record }: AuditItem): Promise<Proof> {
  if (txid === null) return { is: 'open', detail: 'not in the log yet' };
  if (hashJson(record as unknown as Json) !== hash)
    return { is: 'failed', detail: 'the record hashes to something else' };
  const { leaf, txid: index, tree_size: size, hashes, checkpoint, log_key } = await getAuditProof(hash);
  const claim = { kind: 'task.audit', subject: hash, hash };
  const fault = inclusionFault({ index, leaf, size, proof: hashes, checkpoint, log_key }, claim);
  if (fault !== null) return { is: 'failed', detail: fault };
  return { is: 'proved', detail: `leaf ${index} of ${size}` };
}
