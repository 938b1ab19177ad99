import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError } from '../common/index.js';
import { Transactions } from '../database/index.js';
import { insertEntries } from './outbox.js';
import type { LogEntryInput } from './entry.js';

/** What one caller's share of a group leaves behind: its result and the entries to append in the same transaction. */
export interface GroupShare<T> {
  readonly result: T;
  readonly after: readonly LogEntryInput[];
}

/** One caller's share of a group; it may run twice and must touch nothing but the database. */
export type GroupWork<T> = (manager: EntityManager) => Promise<GroupShare<T>>;

interface Waiting {
  readonly work: GroupWork<unknown>;
  readonly resolve: (value: unknown) => void;
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

  constructor(private readonly transactions: Transactions) {}

  /** Resolves with the share's result after the commit; refuses with `LOG_BUSY` when too many wait already. */
  submit<T>(work: GroupWork<T>): Promise<T> {
    if (this.waiting.length >= QUEUE_LIMIT)
      return Promise.reject(new CodedError('LOG_BUSY', 'Too many log entries wait to be stored.', {}, 503));
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
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
      const results = await this.transactions.run((manager) => runShares(manager, group));
      group.forEach(({ resolve }, i) => resolve(results[i]));
    } catch (thrown) {
      if (group.length === 1) group[0].reject(thrown);
      else for (const alone of group) await this.commit([alone]);
    }
  }
}

async function runShares(manager: EntityManager, group: readonly Waiting[]): Promise<unknown[]> {
  const shares: GroupShare<unknown>[] = [];
  for (const { work } of group) shares.push(await work(manager));
  await insertEntries(
    manager,
    shares.flatMap(({ after }) => after),
  );
  return shares.map(({ result }) => result);
}
