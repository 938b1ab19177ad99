import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { systemCodeOf } from '../common/index.js';

/** serialization_failure and deadlock_detected: the transaction did nothing and may simply run again. */
const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 5;

/** Runs work in one database transaction. */
@Injectable()
export class Transactions {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Commits what `work` did, or nothing when it throws. Work that lost against another transaction (deadlock, serialization)
   * runs again, so it must not do anything outside the database that cannot be done twice.
   */
  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return repeated(() => this.dataSource.transaction(work));
  }

  /** As `run`, for work that is a single statement: a transaction by itself, without the two calls that frame one. */
  runStatement<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return repeated(() => work(this.dataSource.manager));
  }
}

async function repeated<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      if (attempt === ATTEMPTS || !isRetryable(thrown)) throw thrown;
      await delay(randomInt(5 * 2 ** attempt));
    }
  }
}

function isRetryable(thrown: unknown): boolean {
  const code =
    systemCodeOf(thrown) ?? systemCodeOf((thrown as { driverError?: unknown } | null)?.driverError);
  return code !== undefined && RETRYABLE.has(code);
}
