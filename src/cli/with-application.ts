import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { AccessTokens, LOCAL_ADMIN } from '../auth/index.js';
import { CodedError, unwrap } from '../common/index.js';
import { lockHolder, type AppConfig } from '../config/index.js';
import { NodeKeys } from '../keys/index.js';
import { ServerClient } from './server-client.js';

/** What a command works with: the running server of its data folder, or the application itself when there is none. */
export type CommandHost =
  | { readonly kind: 'server'; readonly server: ServerClient }
  | { readonly kind: 'application'; readonly application: INestApplicationContext };

const TOKEN_SECONDS = 24 * 60 * 60;
const SERVER_START_DEADLINE_MS = 60_000;
const POLL_MS = 100;

/**
 * Gives the work what it needs and cleans up after it. Without a server, modules run in this process; they are loaded only
 * then. Throws as `withOwnApplication`.
 */
export async function withApplication<T>(
  config: AppConfig,
  work: (host: CommandHost) => Promise<T>,
): Promise<T> {
  const url = await serverUrl(config);
  if (url !== null)
    return work({ kind: 'server', server: new ServerClient(url, await commandToken(config)) });
  const { withOwnApplication } = await import('./own-application.js');
  return withOwnApplication(config, (application) => work({ kind: 'application', application }));
}

/** An access token for commands, valid for a day, signed with the secret of the data folder. */
export async function commandToken(config: AppConfig, lifetimeSeconds = TOKEN_SECONDS): Promise<string> {
  const keys = unwrap(await NodeKeys.load(config));
  return new AccessTokens(keys).issue({ ...LOCAL_ADMIN, subject: 'command' }, lifetimeSeconds);
}

/** The URL of the server on this data folder, waiting for one that is just starting; null when there is none. */
export async function serverUrl(config: AppConfig): Promise<string | null> {
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
