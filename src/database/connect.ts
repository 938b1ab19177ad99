import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { CodedError, messageOf } from '../common/index.js';
import { migrate } from './migrate.js';
import { isDatabaseUnavailable } from './unavailability.js';

const CONNECT_DEADLINE_MS = 30_000;
const RETRY_MS = 500;

/**
 * Connects, waiting for a database that is still coming up, and brings its schema up to date.
 * Throws DATABASE_UNAVAILABLE or MIGRATION_FAILED.
 */
export async function connectDataSource(dataSource: DataSource): Promise<DataSource> {
  const end = performance.now() + CONNECT_DEADLINE_MS;
  for (;;) {
    try {
      await dataSource.initialize();
      break;
    } catch (thrown) {
      if (!isDatabaseUnavailable(thrown) || performance.now() > end) {
        const detail = `the database cannot be used: ${messageOf(thrown)}`;
        throw new CodedError('DATABASE_UNAVAILABLE', detail, {}, 503, { cause: thrown });
      }
      await delay(RETRY_MS);
    }
  }
  await migrate(dataSource);
  return dataSource;
}
