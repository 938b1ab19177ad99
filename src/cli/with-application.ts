import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.js';
import { AccessTokens, LOCAL_ADMIN } from '../auth/index.js';
import { CodedError, unwrap } from '../common/index.js';
import { lockHolder, type AppConfig } from '../config/index.js';
import { NodeKeys } from '../keys/index.js';
import { AppLogger, createPino } from '../monitoring/index.js';
import { openGround } from './ground.js';
import { ServerClient } from './server-client.js';

/** What a command works with: the running server of its data folder, or the application itself when there is none. */
export type CommandHost =
  | { readonly kind: 'server'; readonly server: ServerClient }
  | { readonly kind: 'application'; readonly application: INestApplicationContext };

const TOKEN_SECONDS = 24 * 60 * 60;
const SERVER_START_DEADLINE_MS = 60_000;
const POLL_MS = 100;

/**
 * Gives the work what it needs and cleans up after it. Without a server, modules run in this process (database included,
 * no HTTP, no genesis import, no work on tasks). Throws STORAGE_*, DATA_DIR_LOCKED, POSTGRES_*, KEY_*.
 */
export async function withApplication<T>(
  config: AppConfig,
  work: (host: CommandHost) => Promise<T>,
): Promise<T> {
  const url = await serverUrl(config);
  if (url !== null)
    return work({ kind: 'server', server: new ServerClient(url, await commandToken(config)) });
  const ground = unwrap(await openGround(config, 'command'));
  try {
    const logger = new AppLogger(createPino(config.with({ logLevel: quieter(config) }), process.stderr));
    const own = config.with({ importGenesis: false, taskWorkers: 0, monitoringMinutes: 0, healing: 'off' });
    const application = await NestFactory.createApplicationContext(AppModule.forRoot(own, ground.database), {
      logger,
      abortOnError: false,
    });
    try {
      return await work({ kind: 'application', application });
    } finally {
      await application.close();
    }
  } finally {
    await ground.release();
  }
}

/** An access token for commands, valid for a day, signed with the secret of the data folder. */
export async function commandToken(config: AppConfig, lifetimeSeconds = TOKEN_SECONDS): Promise<string> {
  const keys = unwrap(await NodeKeys.load(config));
  return new AccessTokens(keys).issue({ ...LOCAL_ADMIN, subject: 'command' }, lifetimeSeconds);
}

/** The URL of the server on this data folder, waiting for one that is just starting; null when there is none. */
async function serverUrl(config: AppConfig): Promise<string | null> {
  const end = performance.now() + SERVER_START_DEADLINE_MS;
  while (performance.now() < end) {
    const holder = lockHolder(config.dataDir);
    if (holder === null || holder.purpose === 'command') return null;
    if (holder.url !== null) return holder.url;
    await delay(POLL_MS);
  }
  throw new CodedError(
    'SERVER_STARTING',
    `a server on ${config.dataDir} is starting but does not listen yet`,
  );
}

/** Commands print results; of the log only what matters. */
function quieter({ logLevel }: AppConfig): AppConfig['logLevel'] {
  return logLevel === 'info' ? 'warn' : logLevel;
}
