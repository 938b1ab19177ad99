import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import {
  BlockStores,
  FsckRegistry,
  type AcceptedFact,
  type FsckCheck,
  type FsckFacts,
} from '../../chain/index.js';
import { longReading } from '../../database/index.js';
import type { Findings } from '../../log/index.js';
import { decodePayload } from './batch-payload.js';
import { toAccount, toTransfer, TRANSFER_COLUMNS, TRANSFER_TABLES } from './read-tables.js';
import { Recomputation } from './recompute.js';
import { CORRECTED, type Transfer } from './transfer.js';

const PAGE = 8_192;

/** Corrections without what they correct before them, not the other way round, or beyond its amount with those before. */
const WRONG_CORRECTIONS = `
  SELECT replace(c.id::text, '-', '') AS id FROM (
    SELECT id, sequence, debit, credit, sum(amount) OVER (PARTITION BY split_part(reference, '/', 1) ORDER BY sequence) AS total,
      CASE WHEN reference ~ '^transfer:[0-9a-f]{32}/' THEN substr(reference, 10, 32)::uuid END AS corrects
    FROM ledger_transfers WHERE code = '${CORRECTED}'
  ) c LEFT JOIN ledger_transfers t ON t.id = c.corrects
  WHERE t.id IS NULL OR t.sequence >= c.sequence OR t.debit <> c.credit OR t.credit <> c.debit
    OR t.kind NOT IN ('single', 'post') OR c.total > t.amount
  ORDER BY c.sequence LIMIT 100`;

type Rows = Parameters<typeof toTransfer>[0][];

/**
 * Adds up every balance from chain C and compares it with the tables. Findings: `LEDGER_BLOCK_UNREADABLE`,
 * `LEDGER_BLOCK_WRONG` (a block tells what no ledger would do), `LEDGER_TRANSFERS_WRONG`, `LEDGER_BALANCE_WRONG`,
 * `LEDGER_PENDING_WRONG`, `LEDGER_CORRECTION_WRONG` (gives back what was not paid, or more than was); warning `LEDGER_NOT_CHECKED`. Nothing is repaired: where money is concerned, a person has to look.
 */
@Injectable()
export class LedgerFsck implements FsckCheck, OnModuleInit {
  readonly name = 'ledger';

  constructor(
    private readonly registry: FsckRegistry,
    private readonly dataSource: DataSource,
    private readonly stores: BlockStores,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  async run({ blocks, complete }: FsckFacts, findings: Findings): Promise<void> {
    if (!complete) return;
    // One snapshot, so that batches that are made meanwhile do not look like damage.
    await longReading(this.dataSource, async (manager) => {
      const [{ height }] = await manager.query<{ height: string }[]>(
        `SELECT height FROM chain_heads WHERE chain_id = 'C'`,
      );
      const chain = [...blocks.values()]
        .filter((fact) => fact.chain === 'C' && fact.index < Number(height))
        .sort((a, b) => a.index - b.index);
      if (chain.length < Number(height)) {
        findings.warning('LEDGER_NOT_CHECKED', 'ledger', 'batches were made meanwhile; check again');
        return;
      }
      const sum = new Recomputation();
      for (const fact of chain) if (!(await this.takeBlock(manager, fact, sum, findings))) return;
      await this.compareRest(manager, sum, findings);
      await this.checkCorrections(manager, findings);
    });
  }

  /** Adds one block and compares its transfers with their rows. @returns whether to go on */
  private async takeBlock(
    manager: EntityManager,
    { hash, index, header }: AcceptedFact,
    sum: Recomputation,
    findings: Findings,
  ): Promise<boolean> {
    const bytes = header === null ? null : await this.stores.payloads.read(header.payload_hash);
    const payload = bytes?.ok === true ? decodePayload(bytes.value) : null;
    if (header === null || payload?.ok !== true) {
      findings.error('LEDGER_BLOCK_UNREADABLE', hash, `block ${hash} (chain C #${index}) holds no transfers`);
      return false;
    }
    const problem = sum.take(payload.value, header.timestamp);
    if (problem !== null) findings.error('LEDGER_BLOCK_WRONG', hash, `block ${hash} ${problem}`);
    const { sequence, transfers } = payload.value;
    for (let start = 0; start < transfers.length; start += PAGE) {
      const expected = transfers.slice(start, start + PAGE);
      const rows = await manager.query<Rows>(
        `SELECT ${TRANSFER_COLUMNS} FROM ${TRANSFER_TABLES} WHERE t.sequence >= $1 AND t.sequence < $2 ORDER BY t.sequence`,
        [sequence + start, sequence + start + expected.length],
      );
      const stored = rows.map(toTransfer);
      const same =
        stored.length === expected.length &&
        expected.every((transfer, i) => isSame(transfer, stored[i]) && stored[i].blockIndex === index);
      if (!same)
        findings.error(
          'LEDGER_TRANSFERS_WRONG',
          hash,
          `the database does not hold the transfers that block ${hash} (chain C #${index}) tells of`,
        );
    }
    return problem === null;
  }

  /** The transfers are those of chain C by now: corrections are compared with what they correct. */
  private async checkCorrections(manager: EntityManager, findings: Findings): Promise<void> {
    for (const { id } of await manager.query<{ id: string }[]>(WRONG_CORRECTIONS))
      findings.error('LEDGER_CORRECTION_WRONG', id, `transfer ${id} corrects nothing, or more than was paid`);
  }

  private async compareRest(manager: EntityManager, sum: Recomputation, findings: Findings): Promise<void> {
    const { accounts, pendings } = sum;
    const stored = (await manager.query<Rows>('SELECT * FROM ledger_accounts')).map(toAccount);
    for (const { number: _number, ...account } of stored) {
      const due = accounts.get(account.id);
      accounts.delete(account.id);
      const same =
        due !== undefined && Object.entries(account).every(([key, value]) => Reflect.get(due, key) === value);
      if (!same)
        findings.error(
          'LEDGER_BALANCE_WRONG',
          account.id,
          `account ${account.id} is not what chain C adds up to`,
        );
    }
    for (const id of accounts.keys())
      findings.error('LEDGER_BALANCE_WRONG', id, `account ${id} is missing from the database`);
    const [{ count }] = await manager.query<{ count: string }[]>('SELECT count(*) FROM ledger_transfers');
    if (Number(count) !== sum.sequence - 1)
      findings.error(
        'LEDGER_TRANSFERS_WRONG',
        'ledger',
        `${count} transfers are stored, ${sum.sequence - 1} were made`,
      );
    const states = await manager.query<{ id: string; state: string; expires_at: string | null }[]>(
      `SELECT replace(transfer_id::text, '-', '') AS id, state, expires_at FROM ledger_pendings`,
    );
    const same = states.every(({ id, state, expires_at: at }) => {
      const due = pendings.get(id);
      return due?.state === state && due.expiresAt === (at === null ? Infinity : Number(at));
    });
    if (!same || states.length !== pendings.size)
      findings.error('LEDGER_PENDING_WRONG', 'ledger', 'pending transfers are not where chain C left them');
  }
}

function isSame(transfer: Transfer, stored: Transfer): boolean {
  return Object.entries(transfer).every(([key, value]) => Reflect.get(stored, key) === value);
}
