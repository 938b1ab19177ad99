import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { CodedError, equalBytes, EventBus, messageOf, unwrap } from '../../common/index.js';
import { NodeKeys } from '../../keys/index.js';
import type { Checkpoint } from '../checkpoint/index.js';
import { LogFiles } from '../files/log-files.js';
import { LogSignal } from '../log-signal.js';
import { PublishedEntries } from '../published-entries.js';
import {
  assignedCount,
  assignLeaves,
  numberedLeaves,
  releaseSequencerLock,
  ROUND_LIMIT,
  takeSequencerLock,
  type NumberedEntry,
} from './assignment.js';
import { DirectEntries } from './direct-entries.js';
import { claimedCheckpoint, LogPublisher } from './log-publisher.js';
import { Pause } from './pause.js';

/**
 * How long entries that another process committed wait at most, ms; those of this process do not wait. An idle server pays for it, so
 * the less there is to do, the longer it waits.
 */
const POLL_MS = 250;
const LONGEST_POLL_MS = 1000;
/** How long a round waits for more when entries came during the last one, ms. A lonely entry does not wait. */
const GATHER_MS = 4;
/** Entries of its own that a round takes at most. */
const DIRECT_LIMIT = 256;
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
    private readonly published: PublishedEntries,
    private readonly direct: DirectEntries,
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
    for (const end = performance.now() + deadlineMs; performance.now() < end; await delay(SETTLE_MS)) {
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
      const client = (await runner.connect()) as ClientBase;
      if (!(await takeSequencerLock(runner))) return this.become('standby', 'another process sequences');
      try {
        const publisher = await this.open(runner);
        this.become('sequencing', `${publisher.size} leaves`);
        await this.rounds(client, publisher);
      } finally {
        this.direct.close();
        await releaseSequencerLock(runner).catch(() => undefined);
      }
    } finally {
      await runner.release();
    }
  }

  private async rounds(client: ClientBase, publisher: LogPublisher): Promise<void> {
    this.direct.open();
    for (let poll = POLL_MS; !this.stopped;) {
      const entries = await this.assign(client);
      if (entries.length > 0) await this.publish(publisher, entries);
      poll = entries.length > 0 ? POLL_MS : Math.min(poll * 2, LONGEST_POLL_MS);
      if (entries.length >= ROUND_LIMIT || !this.direct.isEmpty) continue;
      // entries that came meanwhile wait a moment for those that are being committed beside them
      const busy = entries.length > 0 && this.pause.endsAtOnce;
      await this.pause.start(poll);
      if (busy) await delay(GATHER_MS);
    }
  }

  private async assign(client: ClientBase): Promise<readonly NumberedEntry[]> {
    const own = this.direct.take(DIRECT_LIMIT);
    try {
      const { numbered, direct } = await assignLeaves(client, own.entries);
      own.stored(direct);
      return numbered;
    } catch (thrown) {
      own.failed(thrown);
      throw thrown;
    }
  }

  private async publish(publisher: LogPublisher, entries: readonly NumberedEntry[]): Promise<void> {
    const first = publisher.size;
    this.announce(await publisher.publish(entries.map(({ leaf }) => leaf)));
    this.published.announce(first, entries);
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
      const [last] = await numberedLeaves(runner, publisher.size - 1);
      if (last === undefined || !equalBytes(last.leaf, publisher.lastLeaf))
        throw new CodedError(
          'LOG_FORKED',
          `Leaf ${publisher.size - 1} differs between the log's files and the database.`,
        );
    }
    while (publisher.size < assigned)
      await this.publish(publisher, await numberedLeaves(runner, publisher.size));
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
