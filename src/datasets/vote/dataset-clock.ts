import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Clock } from '../../common/index.js';

/**
 * The time that stages and votes go by. It begins with the database's clock, which all servers share, or with the latest
 * time a stage was recorded if that is later; from then on it is carried by this process's monotonic clock. So it never goes
 * back, setting a server's clock does nothing, a jump of the database's clock counts at the next start at the earliest, and
 * time in which no server ran counts as time.
 */
@Injectable()
export class DatasetClock implements Clock {
  /** ms, never set back. */
  monotonic: () => number = () => performance.now();
  private base: number | null = null;
  private opening: Promise<void> | null = null;

  constructor(private readonly dataSource: DataSource) {}

  /** Sets the clock, once; safe to call at any time. */
  open(): Promise<void> {
    this.opening ??= this.set().catch((thrown: unknown) => {
      this.opening = null;
      throw thrown;
    });
    return this.opening;
  }

  /** Must be called after `open`. */
  now(): number {
    if (this.base === null) throw new Error('the clock of the datasets was not set');
    return Math.floor(this.base + this.monotonic());
  }

  private async set(): Promise<void> {
    const [{ now }] = await this.dataSource.query<{ now: string }[]>(
      `SELECT greatest(
         (extract(epoch FROM clock_timestamp()) * 1000)::bigint, coalesce((SELECT max(since) FROM datasets), 0)
       ) AS now`,
    );
    this.base = Number(now) - this.monotonic();
  }
}
