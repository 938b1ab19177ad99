import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { haltSignal } from '../../common/autonomy/halt-signal.js';
import { bytesToHex, CodedError, EventBus, messageOf } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { NodeKeys } from '../../keys/index.js';
import { isSealedWait } from '../sealed/sealed-waits.js';
import { SUBMISSION_STATES } from '../submission/states.js';
import { SubmissionFiles } from '../submission/submission-files.js';
import { SubmissionStore } from '../submission/submission-store.js';
import { SubmissionQueue } from './submission-queue.js';
import { SubmissionSteps } from './submission-steps.js';

/** The server is to answer first. */
const START_AFTER_MS = 1_500;
/** How often submissions without a worker are looked for, ms. */
const SWEEP_MS = 15_000;
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** Longest time one step may take, ms. */
const DEADLINE_MS = 30 * 60_000;
/** Attempts at a step that is refused before the submission is given up. */
const MOST_ATTEMPTS = 5;
const RETRY_MS = 5_000;
/** When to look again for the examples of a sealed set: as long as they are not here, nothing has failed. */
const SEALED_WAIT_MS = 60_000;

interface LeftSubmission {
  readonly id: string;
  readonly worker: string | null;
}

/** Submissions to be taken up: $1 whether the server is starting, $2 the name of its data folder, $3 states. */
const LEFT = `
  SELECT s.id, j.locked_by AS worker FROM learning_submissions s LEFT JOIN graphile_worker.jobs j ON j.key = s.id
  WHERE s.state = ANY ($3::text[]) AND (s.lease_until IS NULL OR s.lease_until <= now() OR ($1 AND s.instance = $2))
    AND (j.id IS NULL OR ($1 AND s.instance = $2) OR (j.locked_at IS NOT NULL AND j.locked_at < now() - interval '1 minute'))
  ORDER BY s.position LIMIT 1000`;

/**
 * Works submissions off, and takes up what a crash cut off. One worker at a time has a submission, by its lease. An emergency stop cuts off
 * the step that runs; it is begun again after the resume.
 */
@Injectable()
export class SubmissionWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Learning');
  private readonly instance: string;
  private timer: NodeJS.Timeout | undefined;
  private unwatch = (): unknown => undefined;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly store: SubmissionStore,
    private readonly files: SubmissionFiles,
    private readonly queue: SubmissionQueue,
    private readonly steps: SubmissionSteps,
    private readonly events: EventBus,
    private readonly gate: AutonomyGate,
    keys: NodeKeys,
  ) {
    this.instance = bytesToHex(keys.logSigner.publicKey);
  }

  onApplicationBootstrap(): void {
    if (this.config.taskWorkers === 0) return;
    const again = (atStart: boolean) => {
      this.sweeping = this.sweeping.then(() => this.sweep(atStart));
    };
    this.sweeping = delay(START_AFTER_MS, undefined, { signal: this.queue.stopSignal }).then(
      () => this.sweep(true),
      () => undefined,
    );
    this.timer = setInterval(() => again(false), SWEEP_MS);
    const watches = [
      this.events.on('release.live', () => again(false)),
      this.events.on('autonomy.changed', ({ stopped }) => {
        if (!stopped) again(false);
      }),
    ];
    this.unwatch = () => watches.forEach((leave) => leave());
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.unwatch();
    await this.sweeping;
  }

  /** Begins to work, now that there is something to do. */
  begin(): void {
    if (this.config.taskWorkers > 0) this.queue.start(({ id }, worker) => this.work(id, worker));
  }

  private async work(id: string, worker: string): Promise<void> {
    // The first look after the resume gives it a job again.
    if (!this.gate.state().allowed || !(await this.claim(id, worker))) return;
    const halt = haltSignal(this.events, this.gate);
    const ended = AbortSignal.any([this.queue.stopSignal, halt.signal]);
    const renew = setInterval(() => void this.renew(id, worker).catch(() => undefined), RENEW_MS);
    try {
      const againAfterMs = await this.workOff(id, ended);
      await this.release(id, worker);
      if (againAfterMs !== null) await this.queue.add(this.dataSource, id, againAfterMs);
    } finally {
      halt.end();
      clearInterval(renew);
      await this.release(id, worker).catch(() => undefined);
    }
  }

  /**
   * Step after step. @param ended aborted by the end of the server and by an emergency stop
   * @returns when to go on, null: not before something happens
   */
  private async workOff(id: string, ended: AbortSignal): Promise<number | null> {
    const signal = AbortSignal.any([ended, AbortSignal.timeout(DEADLINE_MS)]);
    for (;;) {
      const row = await this.store.find(id);
      if (row === null || SUBMISSION_STATES.isFinal(row.state) || ended.aborted) return null;
      try {
        const after = await this.steps.step(row, signal);
        if (!after.ok) throw after.error;
        if (after.value === 'wait') return null;
        if (after.value !== 'next') return after.value.againAfterMs;
      } catch (thrown) {
        if (ended.aborted) return null;
        return this.refused(row, thrown);
      }
    }
  }

  private async refused(row: NonNullable<Awaited<ReturnType<SubmissionStore['find']>>>, thrown: unknown) {
    this.logger.warn(`${row.id} is ${row.state} still: ${messageOf(thrown)}`);
    if (thrown instanceof CodedError && isSealedWait(thrown.code)) return SEALED_WAIT_MS;
    const attempts = row.attempts + 1;
    await this.dataSource.query('UPDATE learning_submissions SET attempts = $2 WHERE id = $1', [
      row.id,
      attempts,
    ]);
    if (attempts < MOST_ATTEMPTS || row.state === 'accepted') return RETRY_MS * 2 ** Math.min(attempts, 8);
    const error =
      thrown instanceof CodedError ? thrown : new CodedError('SUBMISSION_FAILED', messageOf(thrown));
    await this.steps.giveUp(row, error);
    return null;
  }

  private async claim(id: string, worker: string): Promise<boolean> {
    const [rows] = await this.dataSource.query<[unknown[], number]>(
      `UPDATE learning_submissions SET instance = $2, worker = $3, lease_until = now() + $4 * interval '1 millisecond'
       WHERE id = $1 AND (lease_until IS NULL OR lease_until <= now() OR worker = $3) RETURNING id`,
      [id, this.instance, worker, LEASE_MS],
    );
    return rows.length > 0;
  }

  private async renew(id: string, worker: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE learning_submissions SET lease_until = now() + $3 * interval '1 millisecond' WHERE id = $1 AND worker = $2`,
      [id, worker, LEASE_MS],
    );
  }

  private async release(id: string, worker: string): Promise<void> {
    await this.dataSource.query(
      'UPDATE learning_submissions SET lease_until = NULL, worker = NULL WHERE id = $1 AND worker = $2',
      [id, worker],
    );
  }

  private async sweep(atStart: boolean): Promise<void> {
    try {
      const open = await this.store.open();
      if (atStart) await this.forgetFiles();
      if (open.length === 0 || this.queue.stopSignal.aborted) return;
      await this.queue.ready();
      const states = [...new Set(open.map(({ state }) => state))];
      const left = await this.dataSource.query<LeftSubmission[]>(LEFT, [atStart, this.instance, states]);
      for (const { id, worker } of left) await this.takeUp(id, worker, atStart);
      this.begin();
    } catch (thrown) {
      if (!this.queue.stopSignal.aborted)
        this.logger.warn(`could not look after submissions: ${messageOf(thrown)}`);
    }
  }

  private async takeUp(id: string, worker: string | null, atStart: boolean): Promise<void> {
    await this.queue.unlock(this.dataSource, worker === null ? [] : [worker]);
    // At a start nobody else works for this data folder.
    if (atStart)
      await this.dataSource.query(
        'UPDATE learning_submissions SET lease_until = NULL, worker = NULL WHERE id = $1 AND instance = $2',
        [id, this.instance],
      );
    await this.queue.add(this.dataSource, id);
  }

  /** Folders of submissions that were judged or never stored. */
  private async forgetFiles(): Promise<void> {
    for (const id of await this.files.kept()) {
      const row = await this.store.find(id);
      if (row === null || SUBMISSION_STATES.isFinal(row.state) || row.state === 'accepted')
        await this.files.remove(id);
    }
  }
}
