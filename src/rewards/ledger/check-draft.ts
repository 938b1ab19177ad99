import { isAccountId, LARGEST_AMOUNT } from './account.js';
import { TRANSFER_KINDS, type DraftRefusal, type TransferDraft } from './transfer.js';

const ID = /^[0-9a-f]{32}$/;
const CODE = /^[a-z][a-z0-9._-]{0,31}$/;
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9:._@/+-]{0,127}$/;
/** Ten years, in seconds. */
const LONGEST_TIMEOUT = 315_360_000;

/** Whether a value can name a transfer. */
export function isTransferId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** The first thing a draft says that no ledger would take, or null. Types are not trusted: drafts may come from outside. */
export function draftProblem(draft: TransferDraft): DraftRefusal | null {
  const { id, kind = 'single', linked = false, balancing = false } = draft;
  if (!isTransferId(id)) return 'TRANSFER_ID_INVALID';
  if (!TRANSFER_KINDS.includes(kind)) return 'KIND_INVALID';
  if (typeof linked !== 'boolean' || typeof balancing !== 'boolean') return 'FLAGS_INVALID';
  const settles = kind === 'post' || kind === 'void';
  return (
    accountsProblem(draft, settles) ??
    amountProblem(draft, settles) ??
    pendingProblem(draft, settles) ??
    wordProblem(draft, settles)
  );
}

function accountsProblem({ debit, credit }: TransferDraft, optional: boolean): DraftRefusal | null {
  const valid = (id: string | undefined) => (optional && id === undefined) || isAccountId(id);
  if (!valid(debit)) return 'DEBIT_ACCOUNT_INVALID';
  if (!valid(credit)) return 'CREDIT_ACCOUNT_INVALID';
  return debit !== undefined && debit === credit ? 'ACCOUNTS_MUST_BE_DIFFERENT' : null;
}

function amountProblem({ amount }: TransferDraft, optional: boolean): DraftRefusal | null {
  if (optional && amount === undefined) return null;
  return typeof amount === 'bigint' && amount > 0n && amount <= LARGEST_AMOUNT ? null : 'AMOUNT_INVALID';
}

function pendingProblem(draft: TransferDraft, settles: boolean): DraftRefusal | null {
  const { kind, pendingId = null, timeout = 0, balancing = false } = draft;
  if (settles && (!isTransferId(pendingId) || pendingId === draft.id)) return 'PENDING_ID_INVALID';
  if (!settles && pendingId !== null) return 'PENDING_ID_NOT_ALLOWED';
  if (!Number.isInteger(timeout) || timeout < 0 || timeout > LONGEST_TIMEOUT) return 'TIMEOUT_INVALID';
  if (timeout > 0 && kind !== 'pending') return 'TIMEOUT_NOT_ALLOWED';
  return settles && balancing ? 'BALANCING_NOT_ALLOWED' : null;
}

function wordProblem({ code, reference = null }: TransferDraft, optional: boolean): DraftRefusal | null {
  const codeIsValid = (optional && code === undefined) || (typeof code === 'string' && CODE.test(code));
  if (!codeIsValid) return 'CODE_INVALID';
  const referenceIsValid = reference === null || (typeof reference === 'string' && REFERENCE.test(reference));
  return referenceIsValid ? null : 'REFERENCE_INVALID';
}
