import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { CodedError, EventBus, messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import type { RoundRow } from './round-row.js';
import { RoundSteps } from './round-steps.js';
import { RoundStore } from './round-store.js';

/** The server is to answer first. */
const START_AFTER_MS = 1_500;
/** How often rounds are looked for that another process announced, ms. */
const LOOK_MS = 10_000;
/** How much later than its time a round is looked at, so that the database's clock has reached it, ms. */
const GRACE_MS = 25;
/** How soon a round is looked at again that is being changed at this moment, ms. */
const BUSY_MS = 200;
const RENEW_MS = 5_000;
/** Attempts at a step that may succeed later, before the round is given up: over three hours, as its members have trained for it. */
const MOST_ATTEMPTS = 30;
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 600_000;
/** A file or a release that is not there may be put back. */
const MAY_COME_BACK = /^(?:BLOB|BLOCK|RELEASE)_/;

/**
 * Ends the states of rounds when their time is over. One worker at a time has a round, by its lease; what a crash cut off is taken up when that
 * is over, by the next start or by another process.
 */
@Injectable()
export class RoundWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rounds');
  private readonly worker = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private work: Promise<void> = Promise.resolve();
  private ended = false;
  private unwatch = (): unknown => undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly store: RoundStore,
    private readonly steps: RoundSteps,
    private readonly transactions: Transactions,
    private readonly events: EventBus,
    private readonly gate: AutonomyGate,
  ) {}

  onApplicationBootstrap(): void {
    this.lookAfter(START_AFTER_MS);
    this.unwatch = this.events.on('autonomy.changed', () => this.look());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ended = true;
    this.unwatch();
    clearTimeout(this.timer);
    await this.work;
  }

  /** Looks at once, now that something has changed. */
  look(): void {
    this.lookAfter(0);
  }

  /** What is over waits while automatic action is stopped; a step that has begun is made. */
  private get stopped(): boolean {
    return this.ended || !this.gate.state().allowed;
  }

  private lookAfter(milliseconds: number): void {
    if (this.ended || this.config.taskWorkers === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.work = this.work.then(() => this.round());
    }, milliseconds);
    this.timer.unref();
  }

  private async round(): Promise<void> {
    let nextMs: number | null = null;
    try {
      while (!this.stopped) {
        const id = await this.store.claim(this.worker);
        if (id === null) break;
        await this.workOff(id);
      }
      nextMs = this.stopped ? null : await this.store.nextMs();
    } catch (thrown) {
      if (!this.stopped) this.logger.warn(`could not look after rounds: ${messageOf(thrown)}`);
    }
    this.lookAfter(nextMs === null ? LOOK_MS : Math.min(LOOK_MS, Math.max(BUSY_MS, nextMs + GRACE_MS)));
  }

  private async workOff(id: string): Promise<void> {
    const renew = setInterval(() => void this.store.renew(id, this.worker).catch(() => undefined), RENEW_MS);
    try {
      await this.endState(id);
    } finally {
      clearInterval(renew);
      await this.store.release(id, this.worker);
    }
  }

  private async endState(id: string): Promise<void> {
    // Held for a moment: whoever was let in before the time was over is done then.
    const row = await this.transactions.run((manager) => this.store.hold(manager, id));
    if (!row.ok || !row.value.isOver) return;
    const error = await this.stepOf(row.value);
    if (error === null) return;
    const isFinal = error.status < 500 && !MAY_COME_BACK.test(error.code);
    if (isFinal || row.value.attempts + 1 >= MOST_ATTEMPTS) {
      await this.steps.fail(row.value, error);
      return;
    }
    this.logger.warn(`${id} is ${row.value.state} still: ${error.message}`);
    const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** row.value.attempts);
    await this.store.postpone(row.value, wait);
  }

  /** Null where the step was made. What is no refusal may succeed later. */
  private async stepOf(row: RoundRow): Promise<CodedError | null> {
    try {
      const stepped = await this.steps.step(row);
      return stepped.ok ? null : stepped.error;
    } catch (thrown) {
      if (thrown instanceof CodedError) return thrown;
      return new CodedError('ROUND_WORK_FAILED', messageOf(thrown), {}, 503);
    }
  }
}
