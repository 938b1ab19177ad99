import type { DataSourceOptions } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import type { AppConfig } from '../config/index.js';
import { databaseDriver } from './driver.js';

const CONNECT_TIMEOUT_MS = 3_000;
const IDLE_CLIENT_MS = 30_000;
const IDLE_TRANSACTION_MS = 60_000;
/** How much longer than the server's own limit this side waits for an answer before giving the connection up. */
const CLIENT_GRACE_MS = 2_000;

/**
 * How this process connects: bounded pool, every wait with a deadline, schema by migrations only.
 * @param applicationName what the database calls these connections
 */
export function dataSourceOptions(
  config: AppConfig,
  url: string,
  onPoolError: (thrown: unknown) => void = () => undefined,
  applicationName = 'stemma',
): DataSourceOptions {
  return {
    type: 'postgres',
    // Given here, because TypeORM would look for it by name while it runs, past what is bundled.
    driver: databaseDriver,
    applicationName,
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migrations',
    migrationsRun: false,
    synchronize: false,
    installExtensions: false,
    logging: false,
    poolErrorHandler: onPoolError,
    extra: {
      connectionString: url,
      max: config.databasePoolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_CLIENT_MS,
      statement_timeout: config.databaseTimeoutMs,
      query_timeout: config.databaseTimeoutMs + CLIENT_GRACE_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      keepAlive: true,
    },
  };
}
