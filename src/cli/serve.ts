import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from '../app.module.js';
import { SetupTokens } from '../auth/index.js';
import { ServerRestart } from '../common/autonomy/server-restart.js';
import { CodedError, err, ok, type Result } from '../common/index.js';
import type { AppConfig } from '../config/index.js';
import { AppLogger, createPino } from '../monitoring/index.js';
import { createHttpApplication } from '../web/index.js';
import { openGround, type Ground } from './ground.js';
import { checkAddress, listen } from './listen.js';
import { StartReport } from './start-report.js';

/** A server that listens. */
export interface RunningServer {
  /** Where people reach it. */
  readonly url: string;
  /** Resolves when the server itself wants to be stopped and started again. */
  readonly restartAsked: Promise<void>;
  /** Finishes what runs, at most for the configured time, and stops everything. */
  stop(): Promise<void>;
}

/** Starts the server. Refusals: everything that can be wrong with a machine or a setting, each with its code. */
export async function serve(config: AppConfig): Promise<Result<RunningServer>> {
  const pino = createPino(config, process.stdout);
  const logger = new AppLogger(pino);
  const report = new StartReport(pino, process.stdout);
  const ground = await openGround(config, 'server', {
    beforeDatabase: () => checkAddress(config),
    onRestart: (detail) => logger.warn(detail, 'PostgreSQL'),
    onLine: (line) => logger.debug(line, 'PostgreSQL'),
  });
  if (!ground.ok) return ground;
  report.step(`data folder ${config.dataDir}, ${ground.value.database.kind} PostgreSQL`);
  try {
    const app = await createHttpApplication(AppModule.forRoot(config, ground.value.database), config, logger);
    report.step('modules and schema');
    const listening = await listen(app, config);
    if (!listening.ok) {
      await app.close();
      await ground.value.release();
      return listening;
    }
    ground.value.lock.announce(listening.value);
    report.ready(listening.value, config);
    if (!config.singleUser)
      report.setUp(config.publicUrl ?? listening.value, await app.get(SetupTokens).issue());
    return ok({
      url: listening.value,
      restartAsked: app.get(ServerRestart).asked,
      stop: () => stop(app, ground.value, config, logger),
    });
  } catch (thrown) {
    await ground.value.release();
    if (thrown instanceof CodedError) return err(thrown);
    throw thrown;
  }
}

/** Connections that are still open at the deadline are cut, so that a stop always ends. */
async function stop(
  app: NestFastifyApplication,
  ground: Ground,
  config: AppConfig,
  logger: AppLogger,
): Promise<void> {
  logger.log('stopping', 'Server');
  const server = app.getHttpServer();
  const deadline = setTimeout(() => server.closeAllConnections(), config.shutdownTimeoutMs);
  try {
    await app.close();
  } finally {
    clearTimeout(deadline);
    await ground.release();
  }
  logger.log('stopped', 'Server');
}
