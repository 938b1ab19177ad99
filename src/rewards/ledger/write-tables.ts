import type { EntityManager } from 'typeorm';
import type { AccountDraft } from './account.js';
import { bareArray, wordArray } from './array-literal.js';
import type { LedgerChanges } from './ledger-state.js';
import type { Transfer } from './transfer.js';

/** A batch as it goes into the tables. */
export interface BatchRows {
  readonly changes: LedgerChanges;
  readonly opened: readonly AccountDraft[];
  /** Numbers of all accounts that the batch touches, those it opens included. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Number of the first transfer. */
  readonly sequence: number;
  /** Position of its block on chain C. */
  readonly blockIndex: number;
}

/** Writes a batch: at most five statements, however many transfers. Throws where the tables are not as the batch found them. */
export async function writeBatch(manager: EntityManager, rows: BatchRows): Promise<void> {
  await insertAccounts(manager, rows);
  await insertTransfers(manager, rows);
  await insertPendings(manager, rows.changes);
  await settlePendings(manager, rows.changes);
  await moveBalances(manager, rows);
}

async function insertAccounts(manager: EntityManager, { opened, numbers }: BatchRows): Promise<void> {
  if (opened.length === 0) return;
  await manager.query(
    `INSERT INTO ledger_accounts (number, id, asset, overdraft_limit)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::numeric[])`,
    [
      bareArray(opened.map(({ id }) => numbers.get(id)!)),
      wordArray(opened.map(({ id }) => id)),
      wordArray(opened.map(({ asset }) => asset)),
      bareArray(opened.map(({ overdraftLimit = 0n }) => overdraftLimit)),
    ],
  );
}

async function insertTransfers(manager: EntityManager, rows: BatchRows): Promise<void> {
  const { changes, numbers, sequence, blockIndex } = rows;
  const { made } = changes;
  if (made.length === 0) return;
  const bare = (pick: (transfer: Transfer, i: number) => string | number | bigint | boolean | null) =>
    bareArray(made.map(pick));
  await manager.query(
    `INSERT INTO ledger_transfers (id, sequence, kind, debit, credit, amount, pending_id, timeout_s, linked, balancing,
       code, reference, block_index)
     SELECT *, $13::bigint FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::numeric[],
       $7::uuid[], $8::integer[], $9::boolean[], $10::boolean[], $11::text[], $12::text[])`,
    [
      bare(({ id }) => id),
      bare((_, i) => sequence + i),
      bare(({ kind }) => kind),
      bare(({ debit }) => numbers.get(debit)!),
      bare(({ credit }) => numbers.get(credit)!),
      bare(({ amount }) => amount),
      bare(({ pendingId }) => pendingId),
      bare(({ timeout }) => timeout),
      bare(({ linked }) => linked),
      bare(({ balancing }) => balancing),
      wordArray(made.map(({ code }) => code)),
      wordArray(made.map(({ reference }) => reference)),
      blockIndex,
    ],
  );
}

async function insertPendings(manager: EntityManager, { expiries }: LedgerChanges): Promise<void> {
  if (expiries.size === 0) return;
  await manager.query(
    `INSERT INTO ledger_pendings (transfer_id, state, expires_at)
     SELECT id, 'pending', expires_at FROM unnest($1::uuid[], $2::bigint[]) AS new (id, expires_at)`,
    [bareArray([...expiries.keys()]), bareArray([...expiries.values()])],
  );
}

async function settlePendings(manager: EntityManager, { settled }: LedgerChanges): Promise<void> {
  if (settled.size === 0) return;
  const [, count] = await manager.query<[unknown, number]>(
    `UPDATE ledger_pendings p SET state = new.state FROM unnest($1::uuid[], $2::text[]) AS new (id, state)
     WHERE p.transfer_id = new.id`,
    [bareArray([...settled.keys()]), bareArray([...settled.values()])],
  );
  if (count !== settled.size) throw new Error(`${count} of ${settled.size} pending transfers were found`);
}

async function moveBalances(manager: EntityManager, { changes, numbers }: BatchRows): Promise<void> {
  const moved = changes.moved
    .map(({ id, by }) => ({ number: numbers.get(id)!, by }))
    .sort((a, b) => a.number - b.number);
  if (moved.length === 0) return;
  const [, count] = await manager.query<[unknown, number]>(
    `UPDATE ledger_accounts a SET debits_pending = a.debits_pending + m.dp, debits_posted = a.debits_posted + m.d,
       credits_pending = a.credits_pending + m.cp, credits_posted = a.credits_posted + m.c
     FROM unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[]) AS m (number, dp, d, cp, c)
     WHERE a.number = m.number`,
    [
      bareArray(moved.map(({ number }) => number)),
      bareArray(moved.map(({ by }) => by.debitsPending)),
      bareArray(moved.map(({ by }) => by.debitsPosted)),
      bareArray(moved.map(({ by }) => by.creditsPending)),
      bareArray(moved.map(({ by }) => by.creditsPosted)),
    ],
  );
  if (count !== moved.length) throw new Error(`${count} of ${moved.length} accounts were found`);
}
