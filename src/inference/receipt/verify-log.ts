import { canonicalJson, type Json } from '../../common/canonical-json.js';
import { checkEd25519, type Ed25519Check } from '../../common/ed25519.js';
import { CodedError } from '../../common/errors.js';
import { hexToBytes, isHash, sha256Bytes, utf8ToBytes } from '../../common/hash.js';
import { merkleLeafHash, verifyInclusion } from '../../common/merkle.js';
import { err, ok, type Result } from '../../common/result.js';
import { openCheckpoint, parseVerifierKey, type Checkpoint } from '../../log/checkpoint/index.js';
import { receiptHash } from './receipt-hashes.js';
import type { Receipt, ReceiptLogProof } from './receipt.js';

const MAX_PATH = 64;

/** Reads a log proof from untrusted JSON; refuses with `LOG_PROOF_SHAPE`. */
export function parseLogProof(value: unknown): Result<ReceiptLogProof> {
  const proof = value as ReceiptLogProof;
  const texts = ['leaf', 'checkpoint', 'log_key'] as const;
  const right =
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).sort().join() === 'checkpoint,index,leaf,log_key,proof,size' &&
    texts.every((name) => typeof proof[name] === 'string') &&
    Number.isSafeInteger(proof.index) &&
    Number.isSafeInteger(proof.size) &&
    Array.isArray(proof.proof) &&
    proof.proof.length <= MAX_PATH &&
    proof.proof.every(isHash);
  return right ? ok(proof) : refused('LOG_PROOF_SHAPE', 'the log proof is not of the form the format says');
}

/**
 * Checks that the log contains this very receipt: the leaf speaks of it, the path leads from the leaf to the root, and
 * the checkpoint with that root is signed by the log's key. Returns the checkpoint. Refusals: `LOG_LEAF`, `LOG_KEY`,
 * `LOG_CHECKPOINT`, `LOG_INCLUSION`.
 */
export function verifyLogProof(
  receipt: Receipt,
  proof: ReceiptLogProof,
  check: Ed25519Check = checkEd25519,
): Result<Checkpoint> {
  if (!speaksOf(proof.leaf, receipt))
    return refused('LOG_LEAF', 'the leaf of the log is not about this receipt');
  const key = parseVerifierKey(proof.log_key);
  if (!key.ok) return refused('LOG_KEY', key.error.message);
  const checkpoint = openCheckpoint(proof.checkpoint, key.value, check);
  if (!checkpoint.ok) return refused('LOG_CHECKPOINT', checkpoint.error.message);
  const { size, root } = checkpoint.value;
  const leaf = merkleLeafHash(utf8ToBytes(proof.leaf), sha256Bytes);
  const path = proof.proof.map((hash) => hexToBytes(hash));
  const included =
    size === proof.size && verifyInclusion(leaf, proof.index, size, path, hexToBytes(root), sha256Bytes);
  return included
    ? checkpoint
    : refused('LOG_INCLUSION', 'the path does not lead from the leaf to the checkpoint');
}

function speaksOf(leaf: string, receipt: Receipt): boolean {
  try {
    const { kind, subject, actor, hash, ...rest } = JSON.parse(leaf) as Record<string, Json>;
    const canonical = canonicalJson({ kind, subject, actor, hash, ...rest }) === leaf;
    const about = kind === 'receipt' && subject === receipt.id && actor === receipt.node;
    return canonical && about && hash === receiptHash(receipt);
  } catch {
    return false;
  }
}

function refused(code: string, message: string): Result<never> {
  return err(new CodedError(code, message, { part: 'log' }));
}
