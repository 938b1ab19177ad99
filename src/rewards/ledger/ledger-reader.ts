import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  readAccounts,
  toTransfer,
  TRANSFER_COLUMNS,
  TRANSFER_TABLES,
  type StoredAccount,
  type StoredTransfer,
} from './read-tables.js';

/** A line of a statement: a transfer, and the block of chain C that tells of it. */
export interface StatementLine extends StoredTransfer {
  readonly block: string;
  /** Leaf number of that block in the log; null for the moment between acceptance and sequencing. */
  readonly logIndex: number | null;
  /** ms since the epoch. */
  readonly time: number;
}

type Rows = (Parameters<typeof toTransfer>[0] & {
  readonly block: string;
  readonly block_time: string;
  readonly leaf_index: string | null;
})[];

const LINE = `${TRANSFER_COLUMNS}, b.hash AS block, b.block_time, (
  SELECT l.leaf_index FROM log_entries l WHERE l.subject = b.hash AND l.kind = 'block' ORDER BY l.id LIMIT 1
) AS leaf_index`;
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
    return rows.map((row) => ({
      ...{ ...toTransfer(row), block: row.block, time: Number(row.block_time) },
      logIndex: row.leaf_index === null ? null : Number(row.leaf_index),
    }));
  }
}
