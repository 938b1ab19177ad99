import { hexToBytes, utf8ToBytes } from '../../../src/common/hash.js';
import { merkleLeafHash, verifyInclusion } from '../../../src/common/merkle.js';
import { openCheckpoint } from '../../../src/log/checkpoint/checkpoint.js';
import { parseVerifierKey } from '../../../src/log/checkpoint/note.js';

/** Evidence that a leaf is in the log. Hashes are hex; `leaf` is the leaf's exact text. */
export interface InclusionEvidence {
  readonly index: number;
  readonly leaf: string;
  readonly size: number;
  readonly proof: readonly string[];
  readonly checkpoint: string;
  readonly log_key: string;
}

/** What a leaf must say. */
export interface LeafClaim {
  readonly kind: string;
  readonly subject: string;
  readonly hash: string;
}

/**
 * Checks, in this order: the checkpoint's signature, that it covers the proof's tree, the path from the leaf to its
 * root, and that the leaf speaks of the claimed thing. Returns null when all hold, otherwise what does not.
 */
export function inclusionFault(evidence: InclusionEvidence, claim: LeafClaim): string | null {
  const key = parseVerifierKey(evidence.log_key.trim());
  if (!key.ok) return 'the log’s key is not a verifier key';
  const checkpoint = openCheckpoint(evidence.checkpoint, key.value);
  if (!checkpoint.ok)
    return `the checkpoint is not one that the log’s key signed: ${checkpoint.error.message}`;
  const { size, root } = checkpoint.value;
  if (size !== evidence.size) return `the proof is for ${evidence.size} leaves, the checkpoint for ${size}`;
  const leaf = merkleLeafHash(utf8ToBytes(evidence.leaf));
  const path = evidence.proof.map((hash) => hexToBytes(hash));
  if (!verifyInclusion(leaf, evidence.index, size, path, hexToBytes(root)))
    return `leaf ${evidence.index} does not lead to the checkpoint’s root`;
  const said = JSON.parse(evidence.leaf) as Partial<LeafClaim>;
  for (const field of ['kind', 'subject', 'hash'] as const)
    if (said[field] !== claim[field]) return `leaf ${evidence.index} names another ${field}`;
  return null;
}
