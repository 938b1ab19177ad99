/**
 * `single` moves at once; `pending` reserves; `post` moves what was reserved, or a part of it and frees the rest; `void`
 * frees all of it.
 */
export type TransferKind = 'single' | 'pending' | 'post' | 'void';

/** Every kind. */
export const TRANSFER_KINDS: readonly TransferKind[] = ['single', 'pending', 'post', 'void'];

/** Code of a transfer that puts another one right; its reference begins with `correctedSubject` of that one, then `/` and why. */
export const CORRECTED = 'reward.corrected';

/** How references and the log name a transfer that was corrected. */
export function correctedSubject(id: string): string {
  return `transfer:${id}`;
}

/** A transfer of the ledger: never changed, never removed. */
export interface Transfer {
  /** Chosen by the caller: 32 lower-case hex digits. */
  readonly id: string;
  readonly kind: TransferKind;
  /** The account that pays. */
  readonly debit: string;
  /** The account that is paid. */
  readonly credit: string;
  /** Units, from 1. */
  readonly amount: bigint;
  /** The transfer that a `post` or `void` settles; null for the others. */
  readonly pendingId: string | null;
  /** Seconds until a `pending` one expires; 0: never. */
  readonly timeout: number;
  /** Why it was made: a word such as `reward.learning`. */
  readonly code: string;
  /** What it was made for: a hash, a receipt, an epoch. */
  readonly reference: string | null;
  /** Stands or falls with the next one of its batch. */
  readonly linked: boolean;
  /** Moves as much of the amount as the paying account has. */
  readonly balancing: boolean;
}

/**
 * A transfer to be made. Of a `post` or `void` the accounts and the code may be left out (those of the pending one), and
 * the amount (all of it).
 */
export type TransferDraft = Partial<Omit<Transfer, 'id'>> & Pick<Transfer, 'id'>;

/** Where a pending transfer stands. */
export type PendingState = 'pending' | 'posted' | 'voided' | 'expired';

/** A pending transfer and what became of it. */
export interface Pending {
  readonly transfer: Transfer;
  readonly state: PendingState;
  /** ms since the epoch; null: never. */
  readonly expiresAt: number | null;
}

/** Why a transfer was not made. The codes are stable. */
export type TransferRefusal =
  | 'LINKED_TRANSFER_FAILED'
  | 'LINKED_CHAIN_OPEN'
  | DraftRefusal
  | ExistsRefusal
  | 'DEBIT_ACCOUNT_NOT_FOUND'
  | 'CREDIT_ACCOUNT_NOT_FOUND'
  | 'ACCOUNTS_HAVE_DIFFERENT_ASSETS'
  | PendingRefusal
  | 'OVERFLOWS_DEBITS'
  | 'OVERFLOWS_CREDITS'
  | 'EXCEEDS_BALANCE';

/** What a draft says that no ledger would take. */
export type DraftRefusal =
  | 'TRANSFER_ID_INVALID'
  | 'KIND_INVALID'
  | 'FLAGS_INVALID'
  | 'DEBIT_ACCOUNT_INVALID'
  | 'CREDIT_ACCOUNT_INVALID'
  | 'ACCOUNTS_MUST_BE_DIFFERENT'
  | 'AMOUNT_INVALID'
  | 'PENDING_ID_INVALID'
  | 'PENDING_ID_NOT_ALLOWED'
  | 'TIMEOUT_INVALID'
  | 'TIMEOUT_NOT_ALLOWED'
  | 'BALANCING_NOT_ALLOWED'
  | 'CODE_INVALID'
  | 'REFERENCE_INVALID';

/** A transfer of that id was made before, and it was another one. */
export type ExistsRefusal =
  | 'EXISTS_WITH_DIFFERENT_KIND'
  | 'EXISTS_WITH_DIFFERENT_FLAGS'
  | 'EXISTS_WITH_DIFFERENT_PENDING_ID'
  | 'EXISTS_WITH_DIFFERENT_TIMEOUT'
  | 'EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT'
  | 'EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT'
  | 'EXISTS_WITH_DIFFERENT_AMOUNT'
  | 'EXISTS_WITH_DIFFERENT_CODE'
  | 'EXISTS_WITH_DIFFERENT_REFERENCE'
  | 'EXISTS_WITHOUT_ITS_CHAIN';

/** Why a pending transfer cannot be settled so. */
export type PendingRefusal =
  | 'PENDING_TRANSFER_NOT_FOUND'
  | 'PENDING_TRANSFER_NOT_PENDING'
  | 'PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT'
  | 'PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT'
  | 'PENDING_TRANSFER_HAS_DIFFERENT_CODE'
  | 'EXCEEDS_PENDING_TRANSFER_AMOUNT'
  | 'PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT'
  | 'PENDING_TRANSFER_ALREADY_POSTED'
  | 'PENDING_TRANSFER_ALREADY_VOIDED'
  | 'PENDING_TRANSFER_EXPIRED';

/** What happened to one draft; `created` is false when the very same transfer was made before. */
export type TransferResult =
  | { readonly ok: true; readonly created: boolean; readonly amount: bigint }
  | { readonly ok: false; readonly code: TransferRefusal };
