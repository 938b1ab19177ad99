import type { EntityManager } from 'typeorm';
import type { Account } from './account.js';
import { bareArray, wordArray } from './array-literal.js';
import type { Pending, PendingState, Transfer, TransferKind } from './transfer.js';

/** Where the ledger stands. */
export interface LedgerHead {
  /** Time of the last batch, ms since the epoch; 0 before the first. */
  readonly time: number;
  /** Number of the last transfer; 0 before the first. */
  readonly sequence: number;
  /** Number of the account that was opened last; 0 before the first. */
  readonly account: number;
}

/** A stored account; `number` is how transfers refer to it. */
export interface StoredAccount extends Account {
  readonly number: number;
}

/** A stored transfer. */
export interface StoredTransfer extends Transfer {
  /** Its number, from 1 through all blocks. */
  readonly sequence: number;
  /** Position on chain C of the block that tells of it. */
  readonly blockIndex: number;
}

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** The columns `toTransfer` reads, from `ledger_transfers t` with its accounts `d` and `c`. */
export const TRANSFER_COLUMNS = `t.id, t.sequence, t.block_index, t.kind, d.id AS debit, c.id AS credit, t.amount,
  t.pending_id, t.timeout_s, t.linked, t.balancing, t.code, t.reference`;

/** The tables of `TRANSFER_COLUMNS`. */
export const TRANSFER_TABLES = `ledger_transfers t JOIN ledger_accounts d ON d.number = t.debit
  JOIN ledger_accounts c ON c.number = t.credit`;

/** Reads where the ledger stands. */
export async function readHead(manager: EntityManager): Promise<LedgerHead> {
  const [row] = await manager.query<Row[]>(
    `SELECT (SELECT block_time FROM blocks WHERE chain_id = 'C' ORDER BY chain_index DESC LIMIT 1) AS time,
       (SELECT max(sequence) FROM ledger_transfers) AS sequence, (SELECT max(number) FROM ledger_accounts) AS account`,
  );
  return { time: Number(row.time), sequence: Number(row.sequence), account: Number(row.account) };
}

/** The accounts of these names; unknown ones are left out. */
export async function readAccounts(
  manager: EntityManager,
  ids: Iterable<string>,
): Promise<Map<string, StoredAccount>> {
  const rows = await manager.query<Row[]>('SELECT * FROM ledger_accounts WHERE id = ANY($1::text[])', [
    wordArray([...ids]),
  ]);
  return new Map(rows.map((row) => [String(row.id), toAccount(row)]));
}

/** The transfers of these ids; unknown ones are left out. */
export async function readTransfers(
  manager: EntityManager,
  ids: Iterable<string>,
): Promise<StoredTransfer[]> {
  const rows = await manager.query<Row[]>(
    `SELECT ${TRANSFER_COLUMNS} FROM ${TRANSFER_TABLES} WHERE t.id = ANY($1::uuid[])`,
    [bareArray([...ids])],
  );
  return rows.map(toTransfer);
}

/** Pending transfers whose time is over, the earliest first, then by id. */
export async function readDue(manager: EntityManager, time: number, limit: number): Promise<Pending[]> {
  const rows = await manager.query<Row[]>(
    `SELECT ${TRANSFER_COLUMNS}, p.state, p.expires_at FROM ledger_pendings p
       JOIN ${TRANSFER_TABLES} ON t.id = p.transfer_id
     WHERE p.state = 'pending' AND p.expires_at <= $1 ORDER BY p.expires_at, p.transfer_id LIMIT $2`,
    [time, limit],
  );
  return rows.map(toPending);
}

/** The pending transfers among these ids, whatever became of them. */
export async function readPendings(manager: EntityManager, ids: Iterable<string>): Promise<Pending[]> {
  const rows = await manager.query<Row[]>(
    `SELECT ${TRANSFER_COLUMNS}, p.state, p.expires_at FROM ledger_pendings p
       JOIN ${TRANSFER_TABLES} ON t.id = p.transfer_id WHERE p.transfer_id = ANY($1::uuid[])`,
    [bareArray([...ids])],
  );
  return rows.map(toPending);
}

/** Reads a row of `ledger_accounts`. */
export function toAccount(row: Row): StoredAccount {
  const units = (column: string) => BigInt(row[column] as string);
  return {
    ...{ number: Number(row.number), id: String(row.id), asset: String(row.asset) },
    overdraftLimit: units('overdraft_limit'),
    debitsPending: units('debits_pending'),
    debitsPosted: units('debits_posted'),
    creditsPending: units('credits_pending'),
    creditsPosted: units('credits_posted'),
  };
}

/** Reads a row of `TRANSFER_COLUMNS`. */
export function toTransfer(row: Row): StoredTransfer {
  const hex = (uuid: string) => uuid.replaceAll('-', '');
  return {
    ...{ id: hex(row.id as string), sequence: Number(row.sequence), blockIndex: Number(row.block_index) },
    ...{ kind: row.kind as TransferKind, debit: String(row.debit), credit: String(row.credit) },
    amount: BigInt(row.amount as string),
    pendingId: row.pending_id === null ? null : hex(row.pending_id as string),
    ...{ timeout: Number(row.timeout_s), linked: row.linked as boolean, balancing: row.balancing as boolean },
    ...{ code: String(row.code), reference: row.reference as string | null },
  };
}

function toPending(row: Row): Pending {
  const expiresAt = row.expires_at === null ? null : Number(row.expires_at);
  return { transfer: toTransfer(row), state: row.state as PendingState, expiresAt };
}
