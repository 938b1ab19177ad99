import { applyTransfer, existingResult, release } from './apply-transfer.js';
import { draftProblem } from './check-draft.js';
import type { LedgerState } from './ledger-state.js';
import type { Pending, TransferDraft, TransferResult } from './transfer.js';

/**
 * Works through the drafts of one caller in order and returns one result for each. Linked drafts stand or fall together:
 * the first that fails says why, the others of its chain `LINKED_TRANSFER_FAILED`. A chain that was made before, whole and
 * the same, is answered like any transfer that was made before. The rules are those of TigerBeetle's
 * `create_transfers` (docs.tigerbeetle.com/reference/requests/create_transfers).
 * @param now the batch's time, ms since the epoch
 */
export function applyBatch(
  state: LedgerState,
  drafts: readonly TransferDraft[],
  now: number,
): TransferResult[] {
  const results: TransferResult[] = [];
  for (let start = 0; start < drafts.length;) {
    let end = start;
    while (end < drafts.length && drafts[end].linked === true) end++;
    const isOpen = end === drafts.length;
    const chain = drafts.slice(start, end + 1);
    for (const result of isOpen ? openChain(chain) : applyChain(state, chain, now)) results.push(result);
    start = end + 1;
  }
  return results;
}

/** Frees what expired pending transfers reserved. */
export function applyExpiries(state: LedgerState, due: readonly Pending[]): void {
  for (const pending of due) {
    release(state, pending.transfer);
    state.settle(pending, 'expired');
  }
}

function openChain(chain: readonly TransferDraft[]): TransferResult[] {
  return chain.map((_, i) => ({
    ok: false,
    code: i === chain.length - 1 ? 'LINKED_CHAIN_OPEN' : 'LINKED_TRANSFER_FAILED',
  }));
}

function applyChain(state: LedgerState, chain: readonly TransferDraft[], now: number): TransferResult[] {
  if (chain.length === 1) {
    state.begin();
    return [applyTransfer(state, chain[0], now)];
  }
  const before = chain.map((draft) => (draftProblem(draft) === null ? existingResult(state, draft) : null));
  const made = before.filter((result) => result?.ok === true);
  if (made.length === chain.length) return made;
  state.begin();
  const results: TransferResult[] = [];
  for (const draft of chain) {
    const result = applyTransfer(state, draft, now);
    if (!result.ok || !result.created) {
      state.takeBack();
      const code = result.ok ? 'EXISTS_WITHOUT_ITS_CHAIN' : result.code;
      return chain.map((_, i) => ({
        ok: false,
        code: i === results.length ? code : 'LINKED_TRANSFER_FAILED',
      }));
    }
    results.push(result);
  }
  return results;
}
