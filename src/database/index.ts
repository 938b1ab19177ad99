export { connectDataSource } from './connect.js';
export { externalDatabase, type DatabaseConnection } from './connection.js';
export { DATABASE_CONNECTION, DatabaseHealth } from './database-health.js';
export { dataSourceOptions } from './data-source-options.js';
export { DatabaseModule } from './database.module.js';
export { EmbeddedPostgres, type EmbeddedPostgresEvents } from './embedded/embedded-postgres.js';
export { migrate } from './migrate.js';
export { Transactions } from './transactions.js';
export { databaseRefusal, isDatabaseUnavailable } from './unavailability.js';
