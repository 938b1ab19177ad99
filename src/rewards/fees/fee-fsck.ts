import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FsckRegistry, type FsckCheck, type FsckFacts } from '../../chain/index.js';
import type { Findings, LogLeaf } from '../../log/index.js';
import { feeOf } from '../epochs/leaf-kinds.js';
import { readTransfers } from '../ledger/read-tables.js';
import { FEES, feeTransferId } from './fee-transfers.js';

/** Fees that one query looks for. */
const PAGE = 1_000;

/**
 * Looks for the fee of every answer that the log says was paid for: use is rewarded by it. `FEE_NOT_TAKEN`: the ledger has no transfer of
 * it, or one of another amount. Nothing is repaired: where money is concerned, a person has to look.
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

  async run(_: FsckFacts, findings: Findings): Promise<void> {
    const receipts = [...this.logged.keys()];
    for (let at = 0; at < receipts.length; at += PAGE) {
      const page = receipts.slice(at, at + PAGE);
      const taken = await this.takenFor(page);
      for (const receipt of page)
        if (taken.get(feeTransferId(receipt)) !== this.logged.get(receipt))
          findings.error('FEE_NOT_TAKEN', receipt, `the ledger has not taken the fee of ${receipt}`);
    }
    this.logged.clear();
  }

  /** Units by transfer. */
  private async takenFor(receipts: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const found = await readTransfers(this.dataSource.manager, receipts.map(feeTransferId));
    const taken = found.filter(({ kind, credit }) => kind === 'post' && credit === FEES);
    return new Map(taken.map(({ id, amount }) => [id, amount]));
  }
}
