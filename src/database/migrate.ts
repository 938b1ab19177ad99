import type { DataSource } from 'typeorm';
import { CodedError, messageOf } from '../common/index.js';

/** Any number, the same in every Stemma process: only one migrates a database at a time. */
const MIGRATION_LOCK = 7_201_869_001;
const LOCK_WAIT_MS = 120_000;

/** Brings the schema up to date, one process at a time. Throws MIGRATION_FAILED. @returns names of the migrations that ran */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query(`SET statement_timeout = ${LOCK_WAIT_MS}`);
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const done = await dataSource.runMigrations({ transaction: 'each' });
      return done.map(({ name }) => name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await runner.query('RESET statement_timeout');
    }
  } catch (thrown) {
    throw new CodedError(
      'MIGRATION_FAILED',
      `the database schema could not be updated: ${messageOf(thrown)}`,
      {},
      500,
      {
        cause: thrown,
      },
    );
  } finally {
    await runner.release();
  }
}
