import { type OnModuleInit } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { systemClock, type Clock } from '../common/index.js';
import type { LogLeaf } from './entry.js';

/**
 * Dates leaves, in a server by the database's time, which all servers share. Where that goes back, the time in the log stands still until the clock has caught up: what comes later
 * in the log is never dated before what this server put there earlier, in this run or one before.
 */
export class LeafClock implements Clock, OnModuleInit {
  private last = 0;

  constructor(
    private readonly dataSource: Pick<DataSource, 'query'>,
    private readonly wall: Clock = systemClock,
  ) {}

  /** Goes on from the newest entry. */
  async onModuleInit(): Promise<void> {
    const [newest] = await this.dataSource.query<{ leaf: string }[]>(
      'SELECT leaf FROM log_entries ORDER BY id DESC LIMIT 1',
    );
    if (newest !== undefined) this.last = Math.max(this.last, (JSON.parse(newest.leaf) as LogLeaf).time);
  }

  /** Milliseconds since the epoch; never less than the last answer. */
  now(): number {
    this.last = Math.max(this.last, this.wall.now());
    return this.last;
  }
}
