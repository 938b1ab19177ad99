import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { CodedError, EventBus, messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import type { RemovalRow } from './removal-row.js';
import { RemovalSteps } from './removal-steps.js';
import { RemovalStore } from './removal-store.js';
import { REMOVAL_STATES } from './states.js';

/** The server is to answer first. */
const START_AFTER_MS = 1_500;
/** How often removals are looked for that are due or were left by another process, ms. */
const LOOK_MS = 1_000;
const RENEW_MS = 10_000;
/** Longest time that one removal is worked on without a pause, ms. */
const DEADLINE_MS = 30 * 60_000;
/** Attempts at a step that is refused before the removal is given up. */
const MOST_ATTEMPTS = 5;
const RETRY_MS = 2_000;

/** Works removals off, one at a time, and takes up what a crash cut off. One worker at a time has a removal, by its lease. */
@Injectable()
export class RemovalWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Removals');
  private readonly worker = randomUUID();
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private unwatch = (): unknown => undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly store: RemovalStore,
    private readonly steps: RemovalSteps,
    private readonly events: EventBus,
  ) {}

  onApplicationBootstrap(): void {
    this.lookAfter(START_AFTER_MS);
    this.unwatch = this.events.on('release.live', ({ model }) => {
      this.store.wake(model).then(
        () => this.lookAfter(0),
        (thrown: unknown) => this.warn('look after removals', thrown),
      );
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stop.abort();
    clearTimeout(this.timer);
    this.unwatch();
    await this.work;
  }

  /** Looks at once, now that there is something to do. */
  look(): void {
    this.lookAfter(0);
  }

  private lookAfter(milliseconds: number): void {
    if (this.stop.signal.aborted || this.config.taskWorkers === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.work = this.work.then(() => this.turn());
    }, milliseconds);
    this.timer.unref();
  }

  private async turn(): Promise<void> {
    if (this.stop.signal.aborted) return;
    let nextMs = LOOK_MS;
    try {
      const id = await this.store.claim(this.worker);
      if (id !== null) {
        await this.workOff(id);
        nextMs = 0;
      }
    } catch (thrown) {
      this.warn('look after removals', thrown);
    }
    this.lookAfter(nextMs);
  }

  private async workOff(id: string): Promise<void> {
    const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
    const renew = setInterval(() => void this.store.renew(id, this.worker).catch(() => undefined), RENEW_MS);
    let [afterMs, attempts] = [0, 0];
    try {
      for (;;) {
        const row = await this.store.find(id);
        if (row === null || REMOVAL_STATES.isFinal(row.state) || row.state === 'failed') return;
        const stepped = await this.step(row, signal);
        if (this.stop.signal.aborted) return;
        if (stepped === 'next') continue;
        ({ afterMs, attempts } = stepped);
        return;
      }
    } finally {
      clearInterval(renew);
      await this.store.release(id, this.worker, afterMs, attempts);
    }
  }

  private async step(
    row: RemovalRow,
    signal: AbortSignal,
  ): Promise<'next' | { afterMs: number; attempts: number }> {
    const refusal = await this.steps.step(row, signal).then(
      (stepped) => (stepped.ok ? stepped.value : stepped.error),
      (thrown: unknown) =>
        thrown instanceof CodedError ? thrown : new CodedError('REMOVAL_FAILED', messageOf(thrown)),
    );
    if (refusal === 'next') return 'next';
    if (!(refusal instanceof CodedError)) return { afterMs: refusal.afterMs, attempts: 0 };
    if (this.stop.signal.aborted) return { afterMs: 0, attempts: row.attempts };
    this.logger.warn(`${row.id} is ${row.state} still: ${refusal.message}`);
    const attempts = row.attempts + 1;
    if (attempts < MOST_ATTEMPTS) return { afterMs: RETRY_MS * 2 ** attempts, attempts };
    await this.steps.giveUp(row, refusal);
    return 'next';
  }

  private warn(what: string, thrown: unknown): void {
    if (!this.stop.signal.aborted) this.logger.warn(`could not ${what}: ${messageOf(thrown)}`);
  }
}
