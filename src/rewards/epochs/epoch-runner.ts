import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import {
  CodedError,
  EventBus,
  err,
  messageOf,
  ok,
  systemClock,
  unwrap,
  type Clock,
  type Result,
  type StemmaEvents,
} from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { DatabaseClock } from '../../database/index.js';
import { LogReader } from '../../log/index.js';
import { PolicyInForce } from '../policy/policy-in-force.js';
import { Solvency } from '../solvency/solvency.js';
import { sumOf } from './compute-epoch.js';
import { EpochEnd } from './epoch-end.js';
import type { ReadInput } from './epoch-input.js';
import { epochOf, readRecord, type EpochFacts, type EpochPlace } from './epoch-record.js';
import { EpochSettlement } from './epoch-settlement.js';
import { EpochStore } from './epoch-store.js';
import { counts } from './leaf-kinds.js';
import { leavesIn } from './log-leaves.js';
import { EpochReading } from './read-input.js';
import { StoredEpochSource } from './stored-source.js';

/** How often it looks for the end of an epoch, ms; shorter epochs are looked for as often as they end. */
const LOOK_MS = 10_000;
/** Epochs that are caught up with at one look. */
const MOST_AT_ONCE = 48;

/** Where the search for the end of the next epoch stands. */
interface Search {
  readonly first: number;
  readonly end: EpochEnd;
  /** Of the leaves before `next`. */
  readonly reading: EpochReading;
  /** The next leaf to look at. */
  next: number;
}

/**
 * Ends epochs when they are over, works them out and pays them. After a time without a server it catches up, one epoch after
 * another, each with what belongs to it. It pays nothing while automatic action is stopped.
 */
@Injectable()
export class EpochRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Rewards');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isLooking = false;
  private stopped = false;
  private search: Search | null = null;
  /** What the log was told last of why an epoch waits: the same is not said at every look. */
  private told: string | null = null;
  /** This server's own time: no year's budget is opened before it, too, says so. */
  clock: Clock = systemClock;

  constructor(
    private readonly config: AppConfig,
    private readonly policy: PolicyInForce,
    private readonly gate: AutonomyGate,
    private readonly log: LogReader,
    private readonly source: StoredEpochSource,
    private readonly store: EpochStore,
    private readonly settlement: EpochSettlement,
    private readonly solvency: Solvency,
    private readonly events: EventBus,
    /** The time that leaves are dated by: epochs end by it. */
    @Inject(DatabaseClock) public shared: Clock,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.taskWorkers === 0) return;
    const every = Math.min(LOOK_MS, this.policy.current.epochMs);
    this.timer = setInterval(() => {
      if (!this.isLooking) this.running = this.look();
    }, every);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Pays the epochs that are over. What fails is tried again at the next look, which goes on where this one came to. */
  async look(): Promise<void> {
    this.isLooking = true;
    try {
      for (let i = 0; i < MOST_AT_ONCE && this.mayRun(); i++) {
        const done = await this.next();
        if (!done.ok) throw done.error;
        this.told = null;
        if (done.value === null) break;
        await this.commitSolvency();
        this.events.emit('epoch.settled', done.value);
      }
    } catch (thrown) {
      if (!this.stopped && !isEarly(thrown)) this.warn(`an epoch waits to be paid: ${messageOf(thrown)}`);
    } finally {
      this.isLooking = false;
    }
  }

  /** Pays the next epoch if it is over. @returns what it came to; null where it is not, has to wait, or another server paid it */
  private async next(): Promise<Result<StemmaEvents['epoch.settled'] | null>> {
    const stored = await this.store.newest();
    const before = stored === null ? null : unwrap(readRecord(stored.record));
    const read = await this.readFrom(before?.range.end ?? 0);
    if (!read.ok) return read;
    if (read.value === null || !this.mayRun()) return ok(null);
    return this.pay(read.value, before, stored?.hash ?? null);
  }

  /** Works out and pays an epoch. @returns null where that has to wait, or another server did it first */
  private async pay(
    read: ReadInput,
    before: EpochFacts | null,
    previous: string | null,
  ): Promise<Result<StemmaEvents['epoch.settled'] | null>> {
    const { range, at } = read.input;
    const root = await this.log.rootAt(range.end);
    if (root === null) return ok(null);
    const dated = await this.datedBefore(at);
    if (!dated.ok) return dated;
    const policy = this.policy.source;
    const place: EpochPlace = {
      ...{ epoch: (before?.epoch ?? 0) + 1, range, root, previous, policy },
      ...dated.value,
    };
    const epoch = epochOf(place, read, before?.after ?? null);
    if (!epoch.ok) return epoch;
    // The stop may have come while the epoch was worked out.
    if (!this.mayRun()) return ok(null);
    const settled = await this.settlement.settle(place, epoch.value);
    if (!settled.ok) return settled;
    // Another server has paid it meanwhile, and tells of it.
    if (!settled.value) return ok(null);
    const { earned, paid } = epoch.value.payouts;
    this.logger.log(
      `epoch ${place.epoch}: ${earned.length} earned, ${paid.length} paid (${epoch.value.hash})`,
    );
    return ok({ epoch: place.epoch, earned: String(sumOf(earned)), paid: String(sumOf(paid)) });
  }

  /**
   * Leaves may be dated ahead by a wrong clock. No year's budget is opened before the database and this server are in that year, and an
   * epoch is kept in the year before only where both are in it: that is for good. `EPOCH_CLOCKS`: one of their clocks is wrong.
   */
  private async datedBefore(at: number): Promise<Result<Pick<EpochPlace, 'dated'>>> {
    const [database, own] = [await this.store.now(), this.clock.now()];
    const dated = Math.min(database, own);
    if (yearOf(at) <= yearOf(dated)) return ok({});
    if (yearOf(database) === yearOf(own)) return ok({ dated });
    const detail = `by the database's clock it is ${yearOf(database)}, by this server's ${yearOf(own)}; set the wrong one right`;
    return err(new CodedError('EPOCH_CLOCKS', detail, {}, 409));
  }

  /** The epoch is paid whatever comes of this; the next one tries again. */
  private async commitSolvency(): Promise<void> {
    try {
      const done = await this.solvency.commit();
      if (!done.ok && done.error.code !== 'SOLVENCY_EMPTY') throw done.error;
    } catch (thrown) {
      this.logger.warn(`the sum of all balances is not in the log: ${messageOf(thrown)}`);
    }
  }

  private warn(message: string): void {
    if (message !== this.told) this.logger.warn(message);
    this.told = message;
  }

  /**
   * Goes on through the log from where the last look ended, and reads along, so that little is left to do when the epoch is over.
   * @returns the epoch from leaf `first` on; null: it goes on  Refuses as `epochInput`.
   */
  private async readFrom(first: number): Promise<Result<ReadInput | null>> {
    const { size } = await this.log.checkpoint();
    const search = this.searchFrom(first);
    const now = this.shared.now();
    for await (const leaf of leavesIn(this.source.bundles, { first: search.next, end: size })) {
      if (this.stopped) return ok(null);
      // One that a wrong clock has dated ahead counts as made now: nobody waits until its time has come.
      search.end.take({ index: leaf.index, time: Math.min(leaf.time, now) }, counts(leaf));
      if (search.end.isFound) break;
      const taken = await search.reading.take(leaf, size);
      if (!taken.ok) return taken;
      search.next = leaf.index + 1;
    }
    const end = search.end.at(size, now);
    return end === null ? ok(null) : search.reading.end(end);
  }

  private searchFrom(first: number): Search {
    if (this.search?.first === first) return this.search;
    const reading = new EpochReading(this.source, first, this.policy.current.usage);
    return (this.search = { first, next: first, end: new EpochEnd(this.policy.current), reading });
  }

  private mayRun(): boolean {
    return !this.stopped && this.gate.state().allowed;
  }
}

function yearOf(at: number): number {
  return new Date(at).getUTCFullYear();
}

/** The log begins with its first checkpoint; before it there is nothing to look at. */
function isEarly(thrown: unknown): boolean {
  return thrown instanceof CodedError && thrown.code === 'LOG_NOT_READY';
}
