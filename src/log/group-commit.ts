import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError } from '../common/index.js';
import { Transactions } from '../database/index.js';
import { insertEntries } from './outbox.js';
import type { LogEntryInput } from './entry.js';
import { LeafClock } from './leaf-clock.js';

/** One caller's share of a group besides its entries; it may run twice and must touch nothing but the database. */
export type GroupWork<T> = (manager: EntityManager) => Promise<T>;

/** What a caller's share has come to: the result of its work and the ids of its entries in the outbox. */
export interface GroupOutcome<T> {
  readonly result: T;
  readonly ids: readonly string[];
}

interface Waiting {
  readonly entries: readonly LogEntryInput[];
  readonly work: GroupWork<unknown> | null;
  readonly resolve: (outcome: GroupOutcome<unknown>) => void;
  readonly reject: (reason: unknown) => void;
}

/** Callers that share one transaction at most. */
const GROUP_LIMIT = 256;
/** Callers that may wait before new ones are refused. */
const QUEUE_LIMIT = 8192;

/**
 * Group commit: callers that arrive while a transaction is being committed share the next one, so that one fsync serves
 * many. A group that fails is repeated caller by caller, so that nobody fails for another's mistake.
 */
@Injectable()
export class GroupCommit {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly clock: LeafClock,
  ) {}

  /** Stores entries and what `work` does; resolves after the commit. Refuses with `LOG_BUSY` when too many wait already. */
  submit<T>(entries: readonly LogEntryInput[], work: GroupWork<T> | null): Promise<GroupOutcome<T>> {
    if (this.waiting.length >= QUEUE_LIMIT)
      return Promise.reject(new CodedError('LOG_BUSY', 'Too many log entries wait to be stored.', {}, 503));
    return new Promise<GroupOutcome<T>>((resolve, reject) => {
      this.waiting.push({ entries, work, resolve: resolve as Waiting['resolve'], reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) await this.commit(this.waiting.splice(0, GROUP_LIMIT));
    this.running = false;
  }

  private async commit(group: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.store(group);
      group.forEach(({ resolve }, i) => resolve(outcomes[i]));
    } catch (thrown) {
      if (group.length === 1) group[0].reject(thrown);
      else for (const alone of group) await this.commit([alone]);
    }
  }

  private store(group: readonly Waiting[]): Promise<GroupOutcome<unknown>[]> {
    // entries alone are one statement
    if (group.every(({ work }) => work === null))
      return this.transactions.runStatement((manager) => runShares(manager, group, this.clock.now()));
    return this.transactions.run((manager) => runShares(manager, group, this.clock.now()));
  }
}

async function runShares(
  manager: EntityManager,
  group: readonly Waiting[],
  time: number,
): Promise<GroupOutcome<unknown>[]> {
  const results: unknown[] = [];
  for (const { work } of group) results.push(await work?.(manager));
  const ids = await insertEntries(
    manager,
    group.flatMap(({ entries }) => entries),
    time,
  );
  let next = 0;
  return group.map(({ entries }, i) => ({
    result: results[i],
    ids: ids.slice(next, (next += entries.length)),
  }));
}
