import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LogEntryInput } from './entry.js';
import { GroupCommit } from './group-commit.js';
import { LeafClock } from './leaf-clock.js';
import { LogSpace } from './log-space.js';
import { LogSignal } from './log-signal.js';
import { insertEntries } from './outbox.js';
import { PublishedEntries, type PublishedLeaf } from './published-entries.js';

/**
 * Puts facts into the log's outbox, in the transaction of the change they tell of. While the disk is full every call throws
 * `STORAGE_FULL` (507), so that the change is not made.
 */
@Injectable()
export class LogAppender {
  constructor(
    private readonly groups: GroupCommit,
    private readonly signal: LogSignal,
    private readonly published: PublishedEntries,
    private readonly clock: LeafClock,
    private readonly space: LogSpace,
  ) {}

  /**
   * Appends inside the caller's transaction; after its commit the entries become leaves within about 200 ms. Calling
   * `committed()` after the commit makes that immediate.
   */
  async append(manager: EntityManager, entries: readonly LogEntryInput[]): Promise<void> {
    if (!entries.every(isStop)) await this.space.check();
    await insertEntries(manager, entries, this.clock.now());
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
    await this.space.check();
    const { result } = await this.groups.submit(entries, work ?? null);
    this.signal.poke();
    return result as T;
  }

  /**
   * Appends one entry, as `appendGrouped` does, and waits until it is under the published checkpoint. Null when that takes longer than
   * `deadlineMs`: the entry is stored then and will be published.
   */
  async publish(entry: LogEntryInput, deadlineMs: number): Promise<PublishedLeaf | null> {
    await this.space.check();
    const { ids } = await this.groups.submit([entry], null);
    this.signal.poke();
    return this.published.wait(ids[0], deadlineMs);
  }
}

/** A stop is let through on a disk that is nearly full: it must reach the other processes if it can be written at all. */
function isStop({ data }: LogEntryInput): boolean {
  return data.event === 'autonomy.stopped';
}
