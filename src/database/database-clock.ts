import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '../common/index.js';

/** How often the database is asked what time it is, ms. */
const EVERY_MS = 10_000;
/** An answer that took longer says too little, ms; the first one is taken whatever it took. */
const LONGEST_MS = 1_000;

/**
 * The database's time, which all servers share, carried by this process's monotonic clock from one look to the next. What several servers
 * put in one order or count by (leaves of the log, blocks, batches of the ledger, receipts) is dated by it: a server whose own clock
 * is wrong neither dates anything wrong nor refuses what others have dated right.
 */
export class DatabaseClock implements Clock, OnModuleInit, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | null = null;

  private constructor(
    private readonly dataSource: Pick<DataSource, 'query'>,
    private readonly monotonic: () => number,
    private base: number,
  ) {}

  /** A clock that is set. Throws what the database throws. @param monotonic ms, never set back */
  static async open(
    dataSource: Pick<DataSource, 'query'>,
    monotonic: () => number = () => performance.now(),
  ): Promise<DatabaseClock> {
    const clock = new DatabaseClock(dataSource, monotonic, 0);
    clock.base = (await clock.measure()).base;
    return clock;
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  /** What is asked still is not waited for: a database that hangs must not hold up the end. */
  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Milliseconds since the epoch; may go back a little at a look, by half of what the slower one of two answers took. */
  now(): number {
    return Math.floor(this.base + this.monotonic());
  }

  /** Asks the database again, once at a time; while it does not answer, time goes on as it did. Never throws. */
  look(): Promise<void> {
    this.looking ??= this.ask().finally(() => (this.looking = null));
    return this.looking;
  }

  private async ask(): Promise<void> {
    try {
      const { base, took } = await this.measure();
      if (took <= LONGEST_MS) this.base = base;
    } catch {
      // Whoever needs the database will say that it does not answer.
    }
  }

  /** What has to be added to the monotonic clock, and how long the answer took: it is wrong by half of that at most. */
  private async measure(): Promise<{ readonly base: number; readonly took: number }> {
    const asked = this.monotonic();
    const [{ now }] = await this.dataSource.query<{ now: string }[]>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now',
    );
    const took = this.monotonic() - asked;
    return { base: Number(now) - asked - took / 2, took };
  }
}
