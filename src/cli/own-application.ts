import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { unwrap } from '../common/index.js';
import type { AppConfig } from '../config/index.js';
import { AppLogger, createPino } from '../monitoring/index.js';
import { openGround } from './ground.js';

/**
 * Runs the modules in this process, database included, for as long as the work takes: no HTTP, no genesis import, no work on
 * tasks. Throws STORAGE_*, DATA_DIR_LOCKED, POSTGRES_*, KEY_*.
 */
export async function withOwnApplication<T>(
  config: AppConfig,
  work: (application: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const ground = unwrap(await openGround(config, 'command'));
  try {
    const logger = new AppLogger(createPino(config.with({ logLevel: quieter(config) }), process.stderr));
    const own = config.with({ importGenesis: false, taskWorkers: 0, monitoringMinutes: 0, healing: 'off' });
    const application = await NestFactory.createApplicationContext(AppModule.forRoot(own, ground.database), {
      logger,
      abortOnError: false,
    });
    try {
      return await work(application);
    } finally {
      await application.close();
    }
  } finally {
    await ground.release();
  }
}

/** Commands print results; of the log only what matters. */
function quieter({ logLevel }: AppConfig): AppConfig['logLevel'] {
  return logLevel === 'info' ? 'warn' : logLevel;
}
