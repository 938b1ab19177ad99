import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../../common/index.js';
import type { TransferDraft } from '../ledger/transfer.js';

/** The account that fees are paid to. */
export const FEES = 'rewards:fees';

/** Whoever asks at the server's own shell: the fee would go to themselves. What is not paid for earns nothing either. */
export const SHELL = 'command';

/** Code of the transfer of a fee. */
export const FEE = 'usage.fee';

/** A reservation frees itself after so long, s: longer than any answer takes. */
const RESERVED_S = 7_200;
const ID_BYTES = 16;

/** The transfer that took the fee of an answer: anybody who has the receipt can look for it. */
export function feeTransferId(receipt: string): string {
  return sha256Hex(`stemma fee ${receipt}`).slice(0, 2 * ID_BYTES);
}

/** Reserves so many fees, all or none. */
export function reservations(account: string, fee: bigint, answers: number): TransferDraft[] {
  return Array.from({ length: answers }, (_, i) => ({
    ...{ id: randomBytes(ID_BYTES).toString('hex'), kind: 'pending', debit: account, credit: FEES },
    ...{ amount: fee, code: FEE, timeout: RESERVED_S, linked: i < answers - 1 },
  }));
}

/** Takes a reserved fee for a receipt. */
export function feeTaken(receipt: string, pendingId: string): TransferDraft {
  return { id: feeTransferId(receipt), kind: 'post', pendingId, reference: receipt };
}

/** Frees a reserved fee. */
export function feeFreed(pendingId: string): TransferDraft {
  return { id: sha256Hex(`stemma fee freed ${pendingId}`).slice(0, 2 * ID_BYTES), kind: 'void', pendingId };
}
