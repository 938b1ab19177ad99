import { CodedError } from '../../common/index.js';
import type { CommandContext } from '../command-context.js';
import { ServerClient } from '../server-client.js';

/** Which server a command about datasets goes to. */
export interface DoorOptions {
  readonly server?: string;
  readonly key?: string;
}

/**
 * Runs work with the server of this data folder, or the one that is named. Datasets are audited by a server that runs, so
 * without one these commands do nothing: `SERVER_NEEDED`.
 */
export async function withServer<T>(
  context: CommandContext,
  { server, key }: DoorOptions,
  work: (server: ServerClient) => Promise<T>,
): Promise<T> {
  if (server !== undefined) {
    const token = key ?? process.env.STEMMA_API_KEY ?? '';
    return work(new ServerClient(server.replace(/\/+$/, ''), token));
  }
  const { lockHolder } = await import('../../config/index.js');
  if (lockHolder((await context.config()).dataDir) === null)
    throw new CodedError('SERVER_NEEDED', 'datasets need a server that runs: npm start, or --server <url>');
  return context.withApplication((host) => {
    if (host.kind === 'server') return work(host.server);
    throw new CodedError('SERVER_NEEDED', 'another command works on this data folder; try again');
  });
}
