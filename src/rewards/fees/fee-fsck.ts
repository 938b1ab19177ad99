import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../../chain/index.js';
import type { Findings, LogLeaf } from '../../log/index.js';
import { feeOf } from '../epochs/leaf-kinds.js';
import {
  readTransfers,
  toTransfer,
  TRANSFER_COLUMNS,
  TRANSFER_TABLES,
  type StoredTransfer,
} from '../ledger/read-tables.js';
import { FEE, FEES, feeTransferId } from './fee-transfers.js';

/** Fees that one query looks for. */
const PAGE = 1_000;

type TransferRows = Parameters<typeof toTransfer>[0][];

/** Fees that were taken, in the order of the ledger. */
const TAKEN = `
  SELECT ${TRANSFER_COLUMNS} FROM ${TRANSFER_TABLES} WHERE t.credit = (SELECT number FROM ledger_accounts WHERE id = $1)
    AND t.kind = 'post' AND t.code = $2 AND t.sequence > $3 ORDER BY t.sequence LIMIT $4`;

/** Of these receipts those whose leaf was not yet in the log when it was read. */
const WAITING = `
  SELECT DISTINCT subject FROM log_entries
  WHERE kind = 'receipt' AND subject = ANY ($1::text[]) AND (leaf_index IS NULL OR leaf_index >= $2)`;

/**
 * Compares fees with the log: use is rewarded by what it says was paid. `FEE_NOT_TAKEN`: the log tells of one and the ledger has no transfer
 * of it, or one of another amount; `FEE_NOT_LOGGED`: the ledger took one and no leaf says so, or not for that receipt. Nothing is
 * repaired: where money is concerned, a person has to look.
 */
@Injectable()
export class FeeFsck implements FsckCheck, OnModuleInit {
  readonly name = 'fees';
  /** Receipt to the units that its leaf says were taken. */
  private readonly logged = new Map<string, bigint>();

  constructor(
    private readonly registry: FsckRegistry,
    private readonly dataSource: DataSource,
  ) {}

  onModuleInit(): void {
    this.registry.register(this);
  }

  visitLeaf(index: number, leaf: Pick<LogLeaf, 'kind' | 'subject' | 'data'>): void {
    if (index === 0) this.logged.clear();
    const fee = feeOf(leaf);
    if (fee !== null) this.logged.set(leaf.subject, BigInt(fee));
  }

  async run({ complete, logSize }: FsckFacts, findings: Findings): Promise<void> {
    await this.lookForTransfers(findings);
    if (complete) await this.lookForLeaves(logSize, findings);
    this.logged.clear();
  }

  private async lookForTransfers(findings: Findings): Promise<void> {
    const receipts = [...this.logged.keys()];
    for (let at = 0; at < receipts.length; at += PAGE) {
      const page = receipts.slice(at, at + PAGE);
      const taken = await this.takenFor(page);
      for (const receipt of page)
        if (taken.get(feeTransferId(receipt)) !== this.logged.get(receipt))
          findings.error('FEE_NOT_TAKEN', receipt, `the ledger has not taken the fee of ${receipt}`);
    }
  }

  /** A fee and its leaf are one transaction: whoever paid for an answer that nobody tells of was charged for nothing. */
  private async lookForLeaves(logSize: number, findings: Findings): Promise<void> {
    for (let after = 0; ;) {
      const rows = await this.dataSource.query<TransferRows>(TAKEN, [FEES, FEE, after, PAGE]);
      const page = rows.map(toTransfer);
      for (const { id, reference } of await this.untold(page, logSize))
        findings.error(
          'FEE_NOT_LOGGED',
          reference ?? id,
          `the ledger took the fee ${id} for ${reference ?? 'nothing'}; the log does not say so`,
        );
      if (page.length < PAGE) return;
      after = page[page.length - 1].sequence;
    }
  }

  /** Those that no leaf tells of, and that none will tell of in a moment. */
  private async untold(page: readonly StoredTransfer[], logSize: number): Promise<StoredTransfer[]> {
    const isOf = ({ id, reference }: StoredTransfer) => reference !== null && feeTransferId(reference) === id;
    const untold = page.filter((fee) => !isOf(fee) || !this.logged.has(fee.reference!));
    const receipts = untold.filter(isOf).map(({ reference }) => reference);
    if (receipts.length === 0) return untold;
    const rows = await this.dataSource.query<{ subject: string }[]>(WAITING, [receipts, logSize]);
    const waiting = new Set(rows.map(({ subject }) => subject));
    return untold.filter((fee) => !isOf(fee) || !waiting.has(fee.reference!));
  }

  /** Units by transfer. */
  private async takenFor(receipts: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const found = await readTransfers(this.dataSource.manager, receipts.map(feeTransferId));
    const taken = found.filter(({ kind, credit }) => kind === 'post' && credit === FEES);
    return new Map(taken.map(({ id, amount }) => [id, amount]));
  }
}
