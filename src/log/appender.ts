import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { encodeLeaf, type LogEntryInput } from './entry.js';
import { GroupCommit } from './group-commit.js';
import { LeafClock } from './leaf-clock.js';
import { LogSpace } from './log-space.js';
import { LogSignal } from './log-signal.js';
import { insertEntries } from './outbox.js';
import { PublishedEntries, type PublishedLeaf } from './published-entries.js';
import { DirectEntries } from './sequencer/direct-entries.js';

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
    private readonly direct: DirectEntries,
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
   * Appends one entry, unless there is one of its kind about its subject, and waits until that entry is under the published
   * checkpoint. Null when that takes longer than `deadlineMs` after the commit: the entry is stored then and will be published.
   */
  async publishOnce(entry: LogEntryInput, deadlineMs: number): Promise<PublishedLeaf | null> {
    await this.space.check();
    const submitted = this.direct.submit(entry, () => encodeLeaf(entry, this.clock.now()), deadlineMs);
    this.signal.poke();
    const stored = await submitted;
    if (stored?.leaf) return stored.leaf;
    return this.published.wait(stored?.id ?? (await this.storeOnce(entry)), deadlineMs);
  }

  /** As another process sequences, it is stored as any other; two at the same moment may both be. */
  private async storeOnce(entry: LogEntryInput): Promise<string> {
    const known = await this.published.find(entry.kind, entry.subject);
    if (known !== null) return known;
    const { ids } = await this.groups.submit([entry], null);
    this.signal.poke();
    return ids[0];
  }
}

/** A stop is let through on a disk that is nearly full: it must reach the other processes if it can be written at all. */
function isStop({ data }: LogEntryInput): boolean {
  return data.event === 'autonomy.stopped';
}
