import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { available } from './account.js';
import {
  readAccounts,
  toTransfer,
  TRANSFER_COLUMNS,
  TRANSFER_TABLES,
  type StoredAccount,
  type StoredTransfer,
} from './read-tables.js';
import { CORRECTED } from './transfer.js';

/** A line of a statement: a transfer, and the block of chain C that tells of it. */
export interface StatementLine extends StoredTransfer {
  readonly block: string;
  /** Leaf number of that block in the log; null for the moment between acceptance and sequencing. */
  readonly logIndex: number | null;
  /** ms since the epoch. */
  readonly time: number;
  /** Units of it that other transfers have given back. */
  readonly corrected: bigint;
}

type Rows = (Parameters<typeof toTransfer>[0] & {
  readonly block: string;
  readonly block_time: string;
  readonly leaf_index: string | null;
  readonly corrected: string;
})[];

const LINE = `${TRANSFER_COLUMNS}, b.hash AS block, b.block_time, (
  SELECT l.leaf_index FROM log_entries l WHERE l.subject = b.hash AND l.kind = 'block' ORDER BY l.id LIMIT 1
) AS leaf_index, (
  SELECT coalesce(sum(x.amount), 0) FROM ledger_transfers x WHERE x.code = '${CORRECTED}'
    AND split_part(x.reference, '/', 1) = 'transfer:' || replace(t.id::text, '-', '')
) AS corrected`;
const LINES = `${TRANSFER_TABLES} JOIN blocks b ON b.chain_id = 'C' AND b.chain_index = t.block_index`;

/** Reads the ledger. */
@Injectable()
export class LedgerReader {
  constructor(private readonly dataSource: DataSource) {}

  /** The account of that name; null where there is none. */
  async account(id: string): Promise<StoredAccount | null> {
    return (await readAccounts(this.dataSource.manager, [id])).get(id) ?? null;
  }

  /** Transfers from and to an account, newest first. @param before only those with a lower number */
  async statement(account: StoredAccount, limit: number, before?: number): Promise<StatementLine[]> {
    // One index serves each side; their newest lines hold the newest of both.
    const side = (column: 'debit' | 'credit') =>
      `(SELECT ${LINE} FROM ${LINES} WHERE t.${column} = $1 AND ($2::bigint IS NULL OR t.sequence < $2)
        ORDER BY t.sequence DESC LIMIT $3)`;
    const rows = await this.dataSource.query<Rows>(
      `SELECT * FROM (${side('debit')} UNION ALL ${side('credit')}) both_sides ORDER BY sequence DESC LIMIT $3`,
      [account.number, before ?? null, limit],
    );
    return rows.map(toLine);
  }

  /** The transfer of that id; null where there is none. @param id 32 hex digits */
  async transfer(id: string): Promise<StatementLine | null> {
    const rows = await this.dataSource.query<Rows>(`SELECT ${LINE} FROM ${LINES} WHERE t.id = $1::uuid`, [
      id,
    ]);
    return rows.length === 0 ? null : toLine(rows[0]);
  }

  /** The correction with that reference; null where there is none. */
  async referringTo(reference: string): Promise<StatementLine | null> {
    const rows = await this.dataSource.query<Rows>(
      `SELECT ${LINE} FROM ${LINES} WHERE t.code = '${CORRECTED}' AND split_part(t.reference, '/', 1) = split_part($1, '/', 1)
         AND t.reference = $1 ORDER BY t.sequence LIMIT 1`,
      [reference],
    );
    return rows.length === 0 ? null : toLine(rows[0]);
  }

  /** Units that an account can spend; 0 where there is none. */
  async spendable(id: string): Promise<bigint> {
    const account = await this.account(id);
    return account === null ? 0n : available(account);
  }
}

function toLine(row: Rows[number]): StatementLine {
  return {
    ...{ ...toTransfer(row), block: row.block, time: Number(row.block_time) },
    logIndex: row.leaf_index === null ? null : Number(row.leaf_index),
    corrected: BigInt(row.corrected),
  };
}
