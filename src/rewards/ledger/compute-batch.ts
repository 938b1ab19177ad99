import type { EntityManager } from 'typeorm';
import {
  accountProblem,
  isAccountId,
  openedAccount,
  type AccountDraft,
  type AccountResult,
} from './account.js';
import { applyBatch, applyExpiries } from './apply-batch.js';
import { isTransferId } from './check-draft.js';
import { LedgerState } from './ledger-state.js';
import {
  readAccounts,
  readDue,
  readHead,
  readPendings,
  readTransfers,
  type StoredAccount,
} from './read-tables.js';
import type { Pending, TransferDraft, TransferResult } from './transfer.js';
import type { BatchRows } from './write-tables.js';

/** Transfers, accounts, and expired transfers that one batch may hold, each. */
export const BATCH_LIMIT = 8_190;

/** What one caller asks for: accounts first, then transfers. */
export interface BatchRequest {
  readonly accounts: readonly AccountDraft[];
  readonly transfers: readonly TransferDraft[];
  /**
   * Writes rows that belong to these transfers, in the transaction that records them. Runs where the batch makes anything, whatever
   * became of this request: it looks at its results. May run twice, the first time rolled back. What it throws fails this request alone.
   */
  readonly beside?: (manager: EntityManager, results: BatchResults) => Promise<void>;
}

/** One result for each account and transfer asked for. */
export interface BatchResults {
  readonly accounts: readonly AccountResult[];
  readonly transfers: readonly TransferResult[];
}

/** What a batch comes to, on the ledger as it was found; nothing is written yet. */
export interface ComputedBatch {
  /** ms since the epoch; never before the batch before. */
  readonly time: number;
  readonly rows: Omit<BatchRows, 'blockIndex'>;
  readonly expired: readonly string[];
  /** One for each request; null when so much had expired that nothing else was done, and the batch is to be repeated. */
  readonly results: readonly BatchResults[] | null;
}

/** Reads what the requests touch and works through them in order. @param now ms since the epoch */
export async function computeBatch(
  manager: EntityManager,
  requests: readonly BatchRequest[],
  now: number,
): Promise<ComputedBatch> {
  const head = await readHead(manager);
  const time = Math.max(now, head.time);
  const due = await readDue(manager, time, BATCH_LIMIT);
  const isFull = due.length === BATCH_LIMIT;
  const found = await readState(manager, isFull ? [] : requests, due);
  applyExpiries(found.state, due);
  const opened: AccountDraft[] = [];
  const numbers = new Map(Array.from(found.stored, ([id, { number }]) => [id, number]));
  const openNew = (draft: AccountDraft): AccountResult => {
    const result = openAccount(found.state, draft);
    if (result.ok && result.created) {
      opened.push(draft);
      numbers.set(draft.id, head.account + opened.length);
    }
    return result;
  };
  const results = isFull
    ? null
    : requests.map(({ accounts, transfers }) => ({
        accounts: accounts.map(openNew),
        transfers: applyBatch(found.state, transfers, time),
      }));
  const expired = due.map(({ transfer }) => transfer.id);
  const rows = { changes: found.state.changes, opened, numbers, sequence: head.sequence + 1 };
  return { time, rows, expired, results };
}

function openAccount(state: LedgerState, draft: AccountDraft): AccountResult {
  const problem = accountProblem(draft);
  if (problem !== null) return { ok: false, code: problem };
  const there = state.account(draft.id);
  if (there === undefined) {
    state.open(openedAccount(draft));
    return { ok: true, created: true };
  }
  if (there.asset !== draft.asset) return { ok: false, code: 'ACCOUNT_EXISTS_WITH_DIFFERENT_ASSET' };
  return there.overdraftLimit === (draft.overdraftLimit ?? 0n)
    ? { ok: true, created: false }
    : { ok: false, code: 'ACCOUNT_EXISTS_WITH_DIFFERENT_LIMIT' };
}

async function readState(
  manager: EntityManager,
  requests: readonly BatchRequest[],
  due: readonly Pending[],
): Promise<{ state: LedgerState; stored: ReadonlyMap<string, StoredAccount> }> {
  const drafts = requests.flatMap(({ transfers }) => transfers);
  const named = new Set(drafts.flatMap(({ id, pendingId }) => [id, pendingId]).filter(isTransferId));
  const transfers = await readTransfers(manager, named);
  const settled = new Set([...drafts, ...transfers].map(({ pendingId }) => pendingId).filter(isTransferId));
  const pendings = settled.size === 0 ? [] : await readPendings(manager, settled);
  const accounts = new Set(
    [
      ...requests.flatMap(({ accounts: opened }) => opened.map(({ id }) => id)),
      ...drafts.flatMap(({ debit, credit }) => [debit, credit]),
      ...[...due, ...pendings].flatMap(({ transfer }) => [transfer.debit, transfer.credit]),
    ].filter(isAccountId),
  );
  const stored = await readAccounts(manager, accounts);
  return { state: new LedgerState(stored.values(), transfers, [...pendings, ...due]), stored };
}
