import { available, LARGEST_AMOUNT, type Account } from './account.js';
import { draftProblem } from './check-draft.js';
import { difference } from './existing.js';
import type { LedgerState } from './ledger-state.js';
import type { Pending, PendingRefusal, Transfer, TransferDraft, TransferResult } from './transfer.js';

/** How one draft fares, and what it does to the ledger. `now`: the batch's time, ms since the epoch. */
export function applyTransfer(state: LedgerState, draft: TransferDraft, now: number): TransferResult {
  const problem = draftProblem(draft);
  if (problem !== null) return { ok: false, code: problem };
  return existingResult(state, draft) ?? (draft.pendingId ? settle(state, draft) : move(state, draft, now));
}

/** The answer to a valid draft whose id is taken; null when it is free. */
export function existingResult(state: LedgerState, draft: TransferDraft): TransferResult | null {
  const made = state.transfer(draft.id);
  if (made === undefined) return null;
  const whole = made.pendingId === null ? null : (state.pending(made.pendingId)?.transfer.amount ?? null);
  const code = difference(draft, made, whole);
  return code === null ? { ok: true, created: false, amount: made.amount } : { ok: false, code };
}

/** A `single` or `pending` transfer. */
function move(state: LedgerState, draft: TransferDraft, now: number): TransferResult {
  const transfer = completed(draft);
  const debit = state.account(transfer.debit);
  if (debit === undefined) return { ok: false, code: 'DEBIT_ACCOUNT_NOT_FOUND' };
  const credit = state.account(transfer.credit);
  if (credit === undefined) return { ok: false, code: 'CREDIT_ACCOUNT_NOT_FOUND' };
  if (debit.asset !== credit.asset) return { ok: false, code: 'ACCOUNTS_HAVE_DIFFERENT_ASSETS' };
  const free = available(debit);
  const amount = transfer.balancing && free < transfer.amount ? free : transfer.amount;
  if (debit.debitsPending + debit.debitsPosted + amount > LARGEST_AMOUNT)
    return { ok: false, code: 'OVERFLOWS_DEBITS' };
  if (credit.creditsPending + credit.creditsPosted + amount > LARGEST_AMOUNT)
    return { ok: false, code: 'OVERFLOWS_CREDITS' };
  if (amount <= 0n || amount > free) return { ok: false, code: 'EXCEEDS_BALANCE' };
  const pending = transfer.kind === 'pending';
  state.add(debit.id, pending ? 'debitsPending' : 'debitsPosted', amount);
  state.add(credit.id, pending ? 'creditsPending' : 'creditsPosted', amount);
  const expiresAt = pending && transfer.timeout > 0 ? now + transfer.timeout * 1000 : null;
  state.make(amount === transfer.amount ? transfer : { ...transfer, amount }, expiresAt);
  return { ok: true, created: true, amount };
}

/** A `post` or `void`. The sums of pending and posted amounts never grow here, so nothing can overflow. */
function settle(state: LedgerState, draft: TransferDraft): TransferResult {
  const pending = state.pending(draft.pendingId!);
  if (pending === undefined) {
    const other = state.transfer(draft.pendingId!) !== undefined;
    return { ok: false, code: other ? 'PENDING_TRANSFER_NOT_PENDING' : 'PENDING_TRANSFER_NOT_FOUND' };
  }
  const code = settlingProblem(draft, pending);
  if (code !== null) return { ok: false, code };
  const { transfer } = pending;
  const amount = draft.amount ?? transfer.amount;
  release(state, transfer);
  if (draft.kind === 'post') {
    state.add(transfer.debit, 'debitsPosted', amount);
    state.add(transfer.credit, 'creditsPosted', amount);
  }
  state.settle(pending, draft.kind === 'post' ? 'posted' : 'voided');
  const { debit, credit, code: word } = transfer;
  state.make(completed({ ...draft, debit, credit, amount, code: word }), null);
  return { ok: true, created: true, amount };
}

function settlingProblem(draft: TransferDraft, { transfer, state }: Pending): PendingRefusal | null {
  if (draft.debit !== undefined && draft.debit !== transfer.debit)
    return 'PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT';
  if (draft.credit !== undefined && draft.credit !== transfer.credit)
    return 'PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT';
  if (draft.code !== undefined && draft.code !== transfer.code) return 'PENDING_TRANSFER_HAS_DIFFERENT_CODE';
  if (draft.amount !== undefined && draft.amount > transfer.amount) return 'EXCEEDS_PENDING_TRANSFER_AMOUNT';
  if (draft.kind === 'void' && draft.amount !== undefined && draft.amount !== transfer.amount)
    return 'PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT';
  if (state === 'posted') return 'PENDING_TRANSFER_ALREADY_POSTED';
  if (state === 'voided') return 'PENDING_TRANSFER_ALREADY_VOIDED';
  return state === 'expired' ? 'PENDING_TRANSFER_EXPIRED' : null;
}

/** Frees what a pending transfer reserved. */
export function release(state: LedgerState, { debit, credit, amount }: Transfer): void {
  state.add(debit, 'debitsPending', -amount);
  state.add(credit, 'creditsPending', -amount);
}

/** Whether an account is in order: nothing negative, nothing beyond the limits. */
export function isSound(account: Account): boolean {
  const { debitsPending, debitsPosted, creditsPending, creditsPosted } = account;
  return (
    [debitsPending, debitsPosted, creditsPending, creditsPosted].every((amount) => amount >= 0n) &&
    debitsPending + debitsPosted <= LARGEST_AMOUNT &&
    creditsPending + creditsPosted <= LARGEST_AMOUNT &&
    available(account) >= 0n
  );
}

/** A draft of which everything is known, with what it left out. */
function completed(draft: TransferDraft): Transfer {
  const { id, kind = 'single', debit, credit, amount, code } = draft;
  const { pendingId = null, timeout = 0, reference = null, linked = false, balancing = false } = draft;
  return {
    ...{ id, kind, debit: debit!, credit: credit!, amount: amount!, pendingId, timeout },
    ...{ code: code!, reference, linked, balancing },
  };
}
