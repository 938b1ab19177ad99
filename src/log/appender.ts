import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LogEntryInput } from './entry.js';
import { GroupCommit } from './group-commit.js';
import { LogSignal } from './log-signal.js';
import { insertEntries } from './outbox.js';

/** Puts facts into the log's outbox, in the transaction of the change they tell of. */
@Injectable()
export class LogAppender {
  constructor(
    private readonly groups: GroupCommit,
    private readonly signal: LogSignal,
  ) {}

  /**
   * Appends inside the caller's transaction; after its commit the entries become leaves within about 200 ms. Calling
   * `committed()` after the commit makes that immediate.
   */
  append(manager: EntityManager, entries: readonly LogEntryInput[]): Promise<void> {
    return insertEntries(manager, entries);
  }

  /** Tells the sequencer that a transaction with appended entries has committed. Optional. */
  committed(): void {
    this.signal.poke();
  }

  /**
   * Runs `work` and appends `entries` in one transaction that is shared with other callers at the same moment (one
   * fsync for many). Resolves after the commit; a failure of one caller's work fails only that caller. `work` may run
   * twice (the first time rolled back), so it must touch nothing but the database.
   */
  async appendGrouped<T = void>(
    entries: readonly LogEntryInput[],
    work?: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const value = await this.groups.submit(async (manager) => {
      const result = (await work?.(manager)) as T;
      return { result, after: entries };
    });
    this.signal.poke();
    return value;
  }
}
