import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { CodedError, err, messageOf, ok, type Result } from '../common/index.js';
import { Instance } from '../config/index.js';
import { cannotBeWritten, Transactions } from '../database/index.js';
import { GuardianTrail, guardianRecord, type GuardianRecord } from '../guardian/index.js';
import { LogAppender } from '../log/index.js';
import { inTime } from '../monitoring/index.js';
import { IncidentStore } from './incidents/incident-store.js';
import type { RemedyName } from './patterns/healing-rules.js';
import { Treatment } from './treatment.js';

/** Remedies of what keeps things from being recorded: their record may come later, or they could never be used. */
const MEND_RECORDING: ReadonlySet<RemedyName> = new Set(['recover_database', 'reset_pool', 'prune_files']);
/** Records that may wait for the database; beyond that nothing is ordered any more. */
const MOST_WAITING = 100;
/** So long somebody who mends the database waits for it, and so often what waits is tried again, ms. */
const PATIENCE_MS = 5_000;

/** Remedies that people order: who and why is in the guardians' audit record and in the log before anything is done. */
@Injectable()
export class RemedyOrders implements OnModuleDestroy {
  private readonly logger = new Logger('Healing');
  /** Records that are not written yet, each with what kept it from that if it is not the database's absence. */
  private readonly waiting = new Map<GuardianRecord, unknown>();
  private writing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private underWay = 0;
  private closed = false;

  constructor(
    private readonly treatment: Treatment,
    private readonly store: IncidentStore,
    private readonly instance: Instance,
    private readonly transactions: Transactions,
    private readonly trail: GuardianTrail,
    private readonly log: LogAppender,
  ) {}

  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    if (this.waiting.size > 0) await inTime(this.flush(), PATIENCE_MS, undefined);
  }

  /**
   * Uses a remedy because somebody says so. `HEALING_FAILED` (422) says why it could not be done, `ORDERS_UNRECORDED` (503) that
   * too many orders wait for their record; throws, and does nothing, where the order cannot be recorded, unless it is to mend that.
   */
  async carryOut(remedy: RemedyName, who: string, why: string): Promise<Result<{ detail: string }>> {
    // Each order under way leaves two records at most.
    if (this.waiting.size + 2 * this.underWay >= MOST_WAITING) return err(tooMany());
    this.underWay += 1;
    try {
      return await this.order(remedy, who, why);
    } finally {
      this.underWay -= 1;
    }
  }

  private async order(remedy: RemedyName, who: string, why: string): Promise<Result<{ detail: string }>> {
    const facts = { order: `order_${randomUUID().replaceAll('-', '')}`, remedy, instance: this.instance.id };
    const ordered = guardianRecord({ event: 'healing.ordered', actor: who, reason: why, facts });
    if (MEND_RECORDING.has(remedy)) await this.recordFirst(ordered);
    else await this.write(ordered);
    // Where the record comes late, or never because the server dies before, this is what is left.
    this.logger.log(`${remedy} for ${who}: ${why}`);
    const { ok: done, refused, detail, tookMs } = await this.treatment.actFor(remedy, why);
    if (!refused)
      this.store.add({ incident: 'manual', cause: 'manual', remedy, helped: done, detail, tookMs });
    // What a program said may have been cut in the middle of a character, which no record can carry.
    const came = { ...facts, done, detail: detail.toWellFormed() };
    await this.recordSoon(guardianRecord({ event: 'healing.carried_out', actor: who, facts: came }));
    if (done) return ok({ detail });
    return err(new CodedError('HEALING_FAILED', `${remedy} could not be done: ${detail}.`, { remedy }));
  }

  /** Records an order now, or later where nothing can be written; throws where it is the record that cannot be. */
  private async recordFirst(record: GuardianRecord): Promise<void> {
    await this.recordSoon(record);
    const hindrance = this.waiting.get(record) ?? null;
    if (hindrance === null) return;
    this.waiting.delete(record);
    throw hindrance;
  }

  /** Records it now, or as soon as that is possible, with the time of what it tells. */
  private async recordSoon(record: GuardianRecord): Promise<void> {
    this.waiting.set(record, null);
    await inTime(this.flush(), PATIENCE_MS, undefined);
  }

  private flush(): Promise<void> {
    clearTimeout(this.timer);
    this.writing = this.writing.then(() => this.writeWaiting());
    return this.writing;
  }

  /** One by one: what cannot be written must not keep the others from it. */
  private async writeWaiting(): Promise<void> {
    for (const record of [...this.waiting.keys()])
      try {
        await this.write(record);
        this.waiting.delete(record);
      } catch (thrown) {
        if (cannotBeWritten(thrown)) break;
        this.logger.error(`an order was not recorded: ${messageOf(thrown)}`);
        if (this.waiting.has(record)) this.waiting.set(record, thrown);
      }
    clearTimeout(this.timer);
    if (this.closed || this.waiting.size === 0) return;
    this.timer = setTimeout(() => void this.flush(), PATIENCE_MS);
    this.timer.unref();
  }

  private async write(record: GuardianRecord): Promise<void> {
    await this.transactions.run((manager) => this.trail.appendOnce(manager, record));
    this.log.committed();
  }
}

function tooMany(): CodedError {
  return new CodedError(
    'ORDERS_UNRECORDED',
    'Too many orders wait for their record; nothing was done.',
    {},
    503,
  );
}
