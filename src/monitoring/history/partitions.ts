import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';

const TABLE = 'monitoring_observations';
const DAY_MS = 86_400_000;
/** Ends the name of a month's partition. */
const MONTH = /_(\d{4})_(\d{2})$/;
/** A month, to count how many the retention has, days. */
const MONTH_DAYS = 30;

/** A month's partition: its name, its first moment and the first moment after it (ISO 8601, UTC). */
export interface MonthPartition {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The partition a moment belongs to. @param at ms since the epoch */
export function partitionOf(at: number): MonthPartition {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  return {
    name: `${TABLE}_${year}_${String(month + 1).padStart(2, '0')}`,
    from: new Date(Date.UTC(year, month, 1)).toISOString(),
    to: new Date(Date.UTC(year, month + 1, 1)).toISOString(),
  };
}

/**
 * Which of the existing partitions hold nothing younger than `keptDays` before `now`. As many of the newest as the retention has months
 * are kept whatever the time is said to be: a clock that is ahead must not take the history with it.
 */
export function outlived(names: readonly string[], now: number, keptDays: number): string[] {
  const oldest = now - keptDays * DAY_MS;
  const months = names.filter((name) => MONTH.test(name)).sort();
  const kept = Math.floor(keptDays / MONTH_DAYS) + 1;
  return months.slice(0, Math.max(0, months.length - kept)).filter((name) => {
    const [, year, month] = MONTH.exec(name) ?? [];
    return Date.UTC(Number(year), Number(month), 1) <= oldest;
  });
}

/** Makes the partitions of observations when their month comes, and drops those that have been kept long enough. */
@Injectable()
export class Partitions {
  private readonly logger = new Logger('Monitoring');
  private readonly made = new Set<string>();

  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
  ) {}

  /** Makes sure that the moment's partition is there; a new month drops what is too old. */
  async prepare(at: number): Promise<void> {
    const { name, from, to } = partitionOf(at);
    if (this.made.has(name)) return;
    await this.transactions.run(async (manager) => {
      // Two processes may find it missing at once.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('${TABLE}', 8))`);
      await manager.query(
        `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF ${TABLE} FOR VALUES FROM ('${from}') TO ('${to}')`,
      );
    });
    this.made.add(name);
    await this.dropOld(at);
  }

  /** Drops partitions older than the retention. @returns their names */
  async dropOld(now: number): Promise<string[]> {
    const rows = await this.dataSource.query<{ name: string }[]>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = '${TABLE}'::regclass`,
    );
    const old = outlived(
      rows.map(({ name }) => name),
      now,
      this.config.monitoringRetentionDays,
    );
    for (const name of old) {
      await this.dataSource.query(`DROP TABLE IF EXISTS ${name}`);
      this.made.delete(name);
      this.logger.log(
        `observations of ${name.slice(-7).replace('_', '-')} were kept long enough and dropped`,
      );
    }
    return old;
  }
}
