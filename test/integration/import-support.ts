import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, type AppConfig } from '../../src/config/index.js';
import { DatabaseModule, externalDatabase } from '../../src/database/index.js';
import { ExpertsModule } from '../../src/experts/index.js';
import { KeysModule } from '../../src/keys/index.js';
import { EventsModule, MonitoringModule } from '../../src/monitoring/index.js';
import { createTestDatabase, temporaryFolder, testConfig } from '../support/index.js';

/** Everything up to the experts module on a database and a data folder of its own, without HTTP. */
export interface ExpertsUnderTest {
  readonly app: INestApplicationContext;
  readonly config: AppConfig;
  /** Files of unfinished payloads. */
  incoming(): string[];
  close(): Promise<void>;
}

/** @param importGenesis whether the first start imports the genesis model */
export async function openExperts({ importGenesis = false } = {}): Promise<ExpertsUnderTest> {
  Logger.overrideLogger(false);
  const dataDir = temporaryFolder('experts');
  const config = testConfig({ dataDir, importGenesis });
  const database = await createTestDatabase();
  class TestModule {}
  Module({
    imports: [
      ConfigModule.forRoot(config),
      EventsModule,
      MonitoringModule,
      KeysModule,
      DatabaseModule.forRoot(externalDatabase(database.url)),
      ExpertsModule,
    ],
  })(TestModule);
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  return {
    app,
    config,
    incoming: () => readdirSync(join(dataDir, 'blobs', 'payloads', 'incoming')),
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
