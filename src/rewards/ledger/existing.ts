import type { ExistsRefusal, Transfer, TransferDraft } from './transfer.js';

/**
 * How a draft differs from the transfer that has its id, or null when it asks for the very same. What a `post` or `void`
 * left out is not compared, except for the amount, which then was the whole of the pending one.
 * @param whole the pending transfer's amount, for `post` and `void`
 */
export function difference(draft: TransferDraft, made: Transfer, whole: bigint | null): ExistsRefusal | null {
  if ((draft.kind ?? 'single') !== made.kind) return 'EXISTS_WITH_DIFFERENT_KIND';
  if ((draft.linked ?? false) !== made.linked || (draft.balancing ?? false) !== made.balancing)
    return 'EXISTS_WITH_DIFFERENT_FLAGS';
  if ((draft.pendingId ?? null) !== made.pendingId) return 'EXISTS_WITH_DIFFERENT_PENDING_ID';
  if ((draft.timeout ?? 0) !== made.timeout) return 'EXISTS_WITH_DIFFERENT_TIMEOUT';
  if (draft.debit !== undefined && draft.debit !== made.debit) return 'EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT';
  if (draft.credit !== undefined && draft.credit !== made.credit)
    return 'EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT';
  if (!sameAmount(draft, made, whole)) return 'EXISTS_WITH_DIFFERENT_AMOUNT';
  if (draft.code !== undefined && draft.code !== made.code) return 'EXISTS_WITH_DIFFERENT_CODE';
  return (draft.reference ?? null) === made.reference ? null : 'EXISTS_WITH_DIFFERENT_REFERENCE';
}

/** A balancing transfer moved as much as there was, at most what was asked for. */
function sameAmount({ amount }: TransferDraft, made: Transfer, whole: bigint | null): boolean {
  if (amount === undefined) return made.amount === whole;
  return made.balancing ? made.amount <= amount : made.amount === amount;
}
