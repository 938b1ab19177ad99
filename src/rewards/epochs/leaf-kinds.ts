import type { LogLeaf } from '../../log/entry.js';

/** Kind of the log entry of an epoch: its hash is that of the record. */
export const EPOCH_ENTRY = 'rewards.epoch';
/** Kind of the log entry that commits to a score of an answer. */
export const SCORE_ENTRY = 'rewards.score';
/** Kind of the log entry that reveals it. */
export const SCORE_REVEALED_ENTRY = 'rewards.score.revealed';

/** How the log and the ledger name an epoch. */
export function epochSubject(epoch: number): string {
  return `epoch:${epoch}`;
}

const RECEIPT_ENTRY = 'receipt';
const BLOCK_ENTRY = 'block';
const PAYER = /^[0-9a-f]{32}$/;

const UNITS = /^[1-9]\d{0,38}$/;

type Leaf = Pick<LogLeaf, 'kind' | 'data'>;

/** Whether a leaf tells of a block that is a verdict. */
export function isVerdictLeaf({ kind, data }: Leaf): boolean {
  return kind === BLOCK_ENTRY && data.chain === 'D' && data.type === 'verdict';
}

/** Who asked for the answer that a leaf tells of; null for other leaves, and for receipts from before they said so. */
export function payerOf({ kind, data }: Leaf): string | null {
  const { payer } = data;
  return kind === RECEIPT_ENTRY && typeof payer === 'string' && PAYER.test(payer) ? payer : null;
}

/** What the server took for the answer that a leaf tells of, in units; null for other leaves, and for answers that were free. */
export function feeOf({ kind, data }: Leaf): string | null {
  const { fee } = data;
  return kind === RECEIPT_ENTRY && typeof fee === 'string' && UNITS.test(fee) ? fee : null;
}

/** Whether a leaf decides anything about an epoch. */
export function counts(leaf: Leaf): boolean {
  return isVerdictLeaf(leaf) || payerOf(leaf) !== null || leaf.kind === SCORE_REVEALED_ENTRY;
}
