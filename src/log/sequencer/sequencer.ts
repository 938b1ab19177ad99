import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource, type QueryRunner } from 'typeorm';
import { CodedError, equalBytes, EventBus, messageOf, unwrap } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import type { Checkpoint } from '../checkpoint/index.js';
import { LogFiles } from '../files/log-files.js';
import { LogSignal } from '../log-signal.js';
import {
  assignedCount,
  assignLeaves,
  numberedLeaves,
  releaseSequencerLock,
  takeSequencerLock,
} from './assignment.js';
import { claimedCheckpoint, LogPublisher } from './log-publisher.js';
import { Pause } from './pause.js';

/**
 * How long entries that another process committed wait at most, ms; those of this process do not wait. An idle server pays for it, so
 * the less there is to do, the longer it waits.
 */
const POLL_MS = 250;
const LONGEST_POLL_MS = 1000;
/** How often `settle` looks, ms. */
const SETTLE_MS = 25;
/** How long it waits after a failure, or for another process's lock, ms. */
const RETRY_MS = 1000;

/** What the sequencer is doing: `standby` when another process sequences. */
export interface SequencerStatus {
  readonly state: 'starting' | 'sequencing' | 'standby' | 'failed' | 'stopped';
  readonly detail: string;
}

/**
 * Turns committed entries into leaves: one process per database, by an advisory lock. Numbers are committed first, then
 * tiles are written, then the checkpoint; a crash anywhere is finished by the next start with the same bytes.
 */
@Injectable()
export class Sequencer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Log');
  private readonly pause = new Pause();
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private current: SequencerStatus = { state: 'starting', detail: 'not started yet' };

  constructor(
    private readonly dataSource: DataSource,
    private readonly files: LogFiles,
    private readonly keys: NodeKeys,
    private readonly signal: LogSignal,
    private readonly events: EventBus,
  ) {}

  /** What it is doing now. */
  get status(): SequencerStatus {
    return this.current;
  }

  onApplicationBootstrap(): void {
    this.signal.onPoke(() => this.pause.end());
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.pause.end();
    await this.running;
  }

  /** Runs work while nothing is sequenced by this process; for repairs. */
  async whilePaused<T>(work: () => Promise<T>): Promise<T> {
    await this.beforeApplicationShutdown();
    try {
      return await work();
    } finally {
      this.stopped = false;
      this.running = this.run();
    }
  }

  /** Waits until every entry committed so far is published; false when that takes longer than `deadlineMs` or fails. */
  async settle(deadlineMs: number): Promise<boolean> {
    for (const end = Date.now() + deadlineMs; Date.now() < end; await delay(SETTLE_MS)) {
      const [{ waiting, assigned }] = await this.dataSource.query<{ waiting: boolean; assigned: string }[]>(
        `SELECT EXISTS (SELECT 1 FROM log_entries WHERE leaf_index IS NULL) AS waiting, assigned FROM log_state`,
      );
      const published = (await claimedCheckpoint(this.files))?.size;
      if (!waiting && published === Number(assigned)) return true;
      if (this.current.state === 'failed') return false;
    }
    return false;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.sequence();
      } catch (thrown) {
        this.become('failed', messageOf(thrown));
      }
      if (!this.stopped) await this.pause.start(RETRY_MS);
    }
    this.become('stopped', 'the server is stopping');
  }

  /** Sequences for as long as the lock and the connection last. */
  private async sequence(): Promise<void> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.connect();
      if (!(await takeSequencerLock(runner))) return this.become('standby', 'another process sequences');
      try {
        const publisher = await this.open(runner);
        this.become('sequencing', `${publisher.size} leaves`);
        for (let poll = POLL_MS; !this.stopped;) {
          const leaves = await assignLeaves(runner);
          if (leaves.length > 0) this.announce(await publisher.publish(leaves));
          else await this.pause.start(poll);
          poll = leaves.length > 0 ? POLL_MS : Math.min(poll * 2, LONGEST_POLL_MS);
        }
      } finally {
        await releaseSequencerLock(runner).catch(() => undefined);
      }
    } finally {
      await runner.release();
    }
  }

  /** Opens the log and publishes what was numbered before the last stop but not published. */
  private async open(runner: QueryRunner): Promise<LogPublisher> {
    const publisher = unwrap(await LogPublisher.open(this.files, this.keys.logSigner, this.keys.nodeName));
    const assigned = await assignedCount(runner);
    if (publisher.size > assigned)
      throw new CodedError(
        'LOG_AHEAD',
        `The published log has ${publisher.size} leaves, the database only ${assigned}. Run: stemma fsck --repair`,
      );
    if (publisher.lastLeaf !== null) {
      const [leaf] = await numberedLeaves(runner, publisher.size - 1);
      if (leaf === undefined || !equalBytes(leaf, publisher.lastLeaf))
        throw new CodedError(
          'LOG_FORKED',
          `Leaf ${publisher.size - 1} differs between the log's files and the database.`,
        );
    }
    while (publisher.size < assigned)
      this.announce(await publisher.publish(await numberedLeaves(runner, publisher.size)));
    return publisher;
  }

  private announce({ size, root }: Checkpoint): void {
    this.current = { state: 'sequencing', detail: `${size} leaves` };
    this.events.emit('log.checkpoint', { size, root });
  }

  private become(state: SequencerStatus['state'], detail: string): void {
    const changed = this.current.state !== state || (state === 'failed' && this.current.detail !== detail);
    this.current = { state, detail };
    if (changed && state === 'failed') this.logger.error(`the log cannot be sequenced: ${detail}`);
    else if (changed) this.logger.debug(`sequencer ${state}: ${detail}`);
  }
}
