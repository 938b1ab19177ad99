import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { messageOf } from '../common/index.js';
import { AppConfig, Instance } from '../config/index.js';
import type { DatabaseConnection } from './connection.js';
import { connectDataSource } from './connect.js';
import { DatabaseClock } from './database-clock.js';
import { dataSourceOptions } from './data-source-options.js';
import { DATABASE_CONNECTION, DatabaseHealth } from './database-health.js';
import { JoinedWrites } from './joined-writes.js';
import { QueueExamination } from './queue-examination.js';
import { poolName } from './session-names.js';
import { Transactions } from './transactions.js';

/** Gives every module a connected, migrated `DataSource` and `Transactions`, `JoinedWrites` and the `DatabaseClock`. */
@Module({})
export class DatabaseModule {
  /** @param connection the database, already running */
  static forRoot(connection: DatabaseConnection): DynamicModule {
    let source: DataSource | undefined;
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [AppConfig, Instance],
          useFactory: (config: AppConfig, instance: Instance): TypeOrmModuleOptions => {
            const logger = new Logger('Database');
            // Once the pool is closed, PostgreSQL may still be hanging up on its connections: no news.
            const onPoolError = (thrown: unknown) => {
              if (source?.isInitialized !== false) logger.warn(`lost a connection: ${messageOf(thrown)}`);
            };
            return {
              ...dataSourceOptions(config, connection.url, onPoolError, poolName(instance.id)),
              autoLoadEntities: true,
              retryAttempts: 1,
            };
          },
          dataSourceFactory: async (options) => {
            if (options === undefined) throw new Error('TypeORM gave no options');
            source = new DataSource(options);
            return connectDataSource(source);
          },
        }),
      ],
      providers: [
        { provide: DATABASE_CONNECTION, useValue: connection },
        DatabaseHealth,
        QueueExamination,
        Transactions,
        JoinedWrites,
        {
          provide: DatabaseClock,
          inject: [DataSource],
          useFactory: (dataSource: DataSource) => DatabaseClock.open(dataSource),
        },
      ],
      exports: [DATABASE_CONNECTION, DatabaseHealth, Transactions, JoinedWrites, DatabaseClock],
    };
  }
}
