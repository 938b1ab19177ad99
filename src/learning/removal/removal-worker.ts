import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { haltSignal } from '../../common/autonomy/halt-signal.js';
import { CodedError, EventBus, messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { SEALED_SET_LOOKING } from '../sealed/sealed-waits.js';
import type { RemovalWork } from './removal-effect.js';
import type { RemovalRow } from './removal-row.js';
import { RemovalSteps } from './removal-steps.js';
import { RemovalStore } from './removal-store.js';
import { REMOVAL_STATES } from './states.js';

/** The server is to answer first. */
const START_AFTER_MS = 1_500;
/** How often removals are looked for that are due or were left by another process, ms. */
const LOOK_MS = 1_000;
const RENEW_MS = 10_000;
/** Longest time that one removal is worked on without any progress, ms. */
const DEADLINE_MS = 30 * 60_000;
/** Attempts at a step that is refused before the removal is given up. */
const MOST_ATTEMPTS = 5;
/** The same for what may pass, such as an engine that is busy: over three hours. */
const MOST_PATIENT_ATTEMPTS = 30;
const RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 600_000;
/** A file or a release that is not there may be put back. */
const MAY_COME_BACK = /^(?:BLOB|BLOCK|RELEASE)_/;

/**
 * Works removals off, one at a time, and takes up what a crash cut off. One worker at a time has a removal, by its lease. An emergency stop
 * cuts off the step that runs; it is begun again after the resume.
 */
@Injectable()
export class RemovalWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Removals');
  private readonly worker = randomUUID();
  private readonly stop = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private unwatch = (): unknown => undefined;
  private work: Promise<void> = Promise.resolve();
  /** Releases that went live since the start. */
  private moves = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly store: RemovalStore,
    private readonly steps: RemovalSteps,
    private readonly events: EventBus,
    private readonly gate: AutonomyGate,
  ) {}

  onApplicationBootstrap(): void {
    this.lookAfter(START_AFTER_MS);
    this.unwatch = this.events.on('release.live', ({ model }) => {
      this.moves++;
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
      const id = this.gate.state().allowed ? await this.store.claim(this.worker) : null;
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
    const late = new AbortController();
    const deadline = setTimeout(() => late.abort(new Error('it made no progress')), DEADLINE_MS);
    const halt = haltSignal(this.events, this.gate);
    const ended = AbortSignal.any([this.stop.signal, halt.signal]);
    const work = { signal: AbortSignal.any([ended, late.signal]), progress: () => void deadline.refresh() };
    const renew = setInterval(() => void this.store.renew(id, this.worker).catch(() => undefined), RENEW_MS);
    let [afterMs, attempts] = [0, 0];
    try {
      for (;;) {
        const row = await this.store.find(id);
        if (row === null || REMOVAL_STATES.isFinal(row.state) || row.state === 'failed') return;
        ({ attempts } = row);
        if (ended.aborted) return;
        const { moves } = this;
        deadline.refresh();
        const stepped = await this.step(row, work, ended);
        if (ended.aborted) return;
        // What went live meanwhile has woken nobody: it is being worked on.
        if (stepped === 'next' || moves !== this.moves) continue;
        ({ afterMs, attempts } = stepped);
        return;
      }
    } finally {
      halt.end();
      clearInterval(renew);
      clearTimeout(deadline);
      await this.store.release(id, this.worker, afterMs, attempts);
    }
  }

  private async step(
    row: RemovalRow,
    work: RemovalWork,
    ended: AbortSignal,
  ): Promise<'next' | { afterMs: number; attempts: number }> {
    const refusal = await this.steps.step(row, work).then(
      (stepped) => (stepped.ok ? stepped.value : stepped.error),
      (thrown: unknown) =>
        thrown instanceof CodedError ? thrown : new CodedError('REMOVAL_FAILED', messageOf(thrown), {}, 503),
    );
    if (refusal === 'next') return 'next';
    if (!(refusal instanceof CodedError)) return { afterMs: refusal.afterMs, attempts: 0 };
    if (ended.aborted) return { afterMs: 0, attempts: row.attempts };
    this.logger.warn(`${row.id} is ${row.state} still: ${refusal.message}`);
    if (refusal.code === SEALED_SET_LOOKING) return { afterMs: RETRY_MS, attempts: row.attempts };
    const attempts = row.attempts + 1;
    const mayPass = refusal.status >= 429 || MAY_COME_BACK.test(refusal.code);
    const afterMs = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** attempts);
    if (attempts < (mayPass ? MOST_PATIENT_ATTEMPTS : MOST_ATTEMPTS)) return { afterMs, attempts };
    await this.steps.giveUp(row, refusal);
    return 'next';
  }

  private warn(what: string, thrown: unknown): void {
    if (!this.stop.signal.aborted) this.logger.warn(`could not ${what}: ${messageOf(thrown)}`);
  }
}
