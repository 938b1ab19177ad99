import { CodedError } from '../common/index.js';
import type { CommandContext } from './command-context.js';
import { ServerClient } from './server-client.js';

/** Which server a command goes to that needs one, and what lets it in. */
export interface ServerDoor {
  readonly server?: string;
  /** API key or access token for `server`; without it that of `STEMMA_TOKEN`. */
  readonly token?: string;
}

/**
 * Runs work with the server of this data folder, or the one that is named. For what only a server that runs can do: without one it is
 * `SERVER_NEEDED`, and nothing is started in its place.
 */
export async function withServer<T>(
  context: CommandContext,
  { server, token = process.env.STEMMA_TOKEN ?? '' }: ServerDoor,
  work: (server: ServerClient) => Promise<T>,
): Promise<T> {
  if (server !== undefined) return work(new ServerClient(server.replace(/\/+$/, ''), token));
  const { lockHolder } = await import('../config/index.js');
  if (lockHolder((await context.config()).dataDir) === null) {
    const message =
      'this needs a server that runs: start yours with `stemma serve`, or name one with --server <url>';
    throw new CodedError('SERVER_NEEDED', message);
  }
  return context.withApplication((host) => {
    if (host.kind === 'server') return work(host.server);
    throw new CodedError('SERVER_NEEDED', 'another command works on this data folder; try again');
  });
}
