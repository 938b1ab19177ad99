import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { messageOf } from '../../common/index.js';
import { Ledger } from '../ledger/ledger.js';
import type { TransferRefusal, TransferResult } from '../ledger/transfer.js';
import { feeFreed } from './fee-transfers.js';

/** How long after a try that failed the next one is made, ms. */
const AGAIN_MS = 1_000;
/** Reservations that are tried again together. */
const PAGE = 1_000;
/** Reservations that are remembered; others free themselves when their time is over. */
const MOST_LEFT = 50_000;

/** There is nothing left to free. */
const OVER: ReadonlySet<TransferRefusal> = new Set<TransferRefusal>([
  'PENDING_TRANSFER_NOT_FOUND',
  'PENDING_TRANSFER_ALREADY_POSTED',
  'PENDING_TRANSFER_ALREADY_VOIDED',
  'PENDING_TRANSFER_EXPIRED',
]);

/** Frees what was reserved and not taken, and tries again where the ledger is busy: nobody's money should lie still for that. */
@Injectable()
export class FeeReleases implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Rewards');
  private readonly left = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private trying: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly ledger: Ledger) {}

  /** Frees reservations, at once or a little later; never throws. What a server that stops has not freed frees itself. */
  async free(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    for (const id of await this.stillReserved(ids, 'warn')) if (this.left.size < MOST_LEFT) this.left.add(id);
    this.arm();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.trying;
  }

  private arm(): void {
    if (this.stopped || this.left.size === 0 || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.trying = this.again();
    }, AGAIN_MS).unref();
  }

  private async again(): Promise<void> {
    const ids = [...this.left].slice(0, PAGE);
    const still = new Set(await this.stillReserved(ids, 'debug'));
    for (const id of ids) if (!still.has(id)) this.left.delete(id);
    this.timer = undefined;
    this.arm();
  }

  /** Tries to free them. @returns those that may still be reserved */
  private async stillReserved(ids: readonly string[], tell: 'warn' | 'debug'): Promise<readonly string[]> {
    try {
      const done = await this.ledger.createTransfers(ids.map(feeFreed));
      if (!done.ok) throw done.error;
      const results = done.value;
      const still = ids.filter((_, i) => !isOver(results[i]));
      if (still.length > 0) this.logger[tell](`${still.length} reserved fees are not free yet`);
      return still;
    } catch (thrown) {
      this.logger[tell](`fees of answers that were not given stay reserved for now: ${messageOf(thrown)}`);
      return ids;
    }
  }
}

function isOver(result: TransferResult): boolean {
  return result.ok || OVER.has(result.code);
}
