import { Injectable } from '@nestjs/common';
import { systemClock } from '../../common/index.js';
import { AppConfig, RunJournal, type AbnormalEnd } from '../../config/index.js';

const HOUR_MS = 3_600_000;

/**
 * How earlier servers of this data folder ended. Read once: while this one runs none ends. The hour is one of a clock that only goes
 * forward; what is dated in the future, by a clock that has gone back since, counts as just now.
 */
@Injectable()
export class CrashWatch {
  private readonly journal: RunJournal;
  private readonly read: readonly { readonly end: AbnormalEnd; readonly ago: number }[];
  private readonly readAt = performance.now();

  constructor({ dataDir }: AppConfig) {
    this.journal = new RunJournal(dataDir);
    const now = systemClock.now();
    this.read = this.journal.ends().map((end) => ({ end, ago: Math.max(0, now - end.at) }));
  }

  /** Of those within the last hour, what is known, oldest first. */
  lastHour(): string[] {
    const since = performance.now() - this.readAt;
    return this.read.filter(({ ago }) => ago + since < HOUR_MS).map(({ end }) => end.how);
  }

  /** Those that no incident tells of yet. */
  untold(): AbnormalEnd[] {
    return this.read.map(({ end }) => end).filter(({ told }) => !told);
  }

  /** Incidents tell of these now. */
  told(ends: readonly AbnormalEnd[]): void {
    this.journal.told(new Set(ends.map(({ id }) => id)));
  }
}
