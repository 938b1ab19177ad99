import { CodedError, sha256Hex } from '../../common/index.js';
import { OWED } from '../epochs/accounts.js';
import type { StatementLine } from '../ledger/ledger-reader.js';
import { CORRECTED, correctedSubject } from '../ledger/transfer.js';
import { ISSUER } from '../policy/issuance.js';

/** Kind of the log entry of a correction: its hash is that of its `data`. */
export const CORRECTION_ENTRY = 'rewards.correction';

const YEAR = /^issuance:\d+$/;

/** A transfer that puts another one right, wholly or in part. */
export interface Correction {
  /** The transfer that was made. */
  readonly id: string;
  /** The one it corrects. */
  readonly transfer: string;
  /** Who gives back. */
  readonly debit: string;
  /** Who has it again. */
  readonly credit: string;
  /** Units. */
  readonly amount: bigint;
}

/** What somebody wants corrected. */
export interface CorrectionWish {
  /** Id of the transfer. */
  readonly transfer: string;
  /** Units to be given back. */
  readonly amount: bigint;
}

/**
 * The transfer that goes the other way. Its id follows from what was corrected before: of two that are worked out at the same moment the
 * ledger makes one, and the other finds less left. @param by what it is made for: the same gives the same correction
 */
export function correctionOf(line: StatementLine, amount: bigint, by: string) {
  return {
    id: sha256Hex(`stemma correction ${line.id} ${line.corrected}`).slice(0, 32),
    ...{ debit: line.credit, credit: line.debit, amount, code: CORRECTED },
    reference: `${correctedSubject(line.id)}/${by}`,
  };
}

/** Units of a transfer that may be given back: none of what is no payment, or was given back already. */
export function correctable(line: StatementLine): bigint {
  return isPayment(line) ? line.amount - line.corrected : 0n;
}

/** Why so much of a transfer cannot be given back; null where it can. */
export function correctionProblem(line: StatementLine, { amount }: CorrectionWish): CodedError | null {
  const { id: transfer } = line;
  if (!isPayment(line)) {
    const detail = `${transfer} paid nobody: what is reserved, issued or only owed is not corrected by a transfer.`;
    return new CodedError('COMPENSATION_NO_PAYMENT', detail, { transfer }, 409);
  }
  const left = correctable(line);
  if (amount > 0n && amount <= left) return null;
  const detail = `${left} of the ${line.amount} units of ${transfer} can still be given back, not ${amount}.`;
  return new CodedError('COMPENSATION_TOO_MUCH', detail, { transfer, left: String(left) }, 409);
}

/**
 * What is issued or owed follows from the epochs alone: were it taken back, they could not be paid any more. A correction leads back
 * there, and may itself be corrected.
 */
function isPayment({ kind, credit, code }: StatementLine): boolean {
  const isInner = credit === OWED || credit === ISSUER || YEAR.test(credit);
  return (kind === 'single' || kind === 'post') && (code === CORRECTED || !isInner);
}
