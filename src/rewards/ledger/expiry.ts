import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';
import { messageOf } from '../../common/index.js';
import { Ledger } from './ledger.js';
import { readDue } from './read-tables.js';

const EVERY_MS = 60_000;

/** Frees what expired pending transfers reserve when no batch comes by to do it. */
@Injectable()
export class Expiry {
  private readonly logger = new Logger('Ledger');

  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: Ledger,
  ) {}

  /** Every minute; a look at an index when nothing is due. */
  @Interval(EVERY_MS)
  async look(): Promise<void> {
    try {
      const due = await readDue(this.dataSource.manager, this.ledger.clock.now(), 1);
      if (due.length === 0) return;
      const done = await this.ledger.expire();
      if (!done.ok) this.logger.warn(`expired transfers stay pending for now: ${done.error.message}`);
    } catch (thrown) {
      this.logger.warn(`expired transfers stay pending for now: ${messageOf(thrown)}`);
    }
  }
}
