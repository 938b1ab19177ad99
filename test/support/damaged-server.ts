import { runCommand } from './command.js';
import { damagedGenesis } from './damaged-genesis.js';
import { copyPreparedGround } from './postgres.js';
import { startServer, type TestServer } from './server.js';
import { temporaryFolder } from './temporary-folder.js';

/** A server, and what commands on its data folder are run with. */
export interface CommandedServer {
  readonly server: TestServer;
  readonly env: Record<string, string>;
}

/** A server on which the damaged genesis is live as `genesis`; it is imported once for all test files. @param settings those of the server */
export async function startDamagedServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<CommandedServer> {
  const ground = await copyPreparedGround('damaged', temporaryFolder('server'), async (fresh) => {
    const { server, env } = await startOn(fresh, {});
    const { code, stderr } = await runCommand(['import', damagedGenesis(), '--name', 'genesis'], env);
    await server.stop();
    if (code !== 0) throw new Error(stderr);
  });
  return startOn(ground, settings);
}

async function startOn(
  { dataDir, url }: { readonly dataDir: string; readonly url: string },
  settings: Readonly<Record<string, string>>,
): Promise<CommandedServer> {
  const server = await startServer({
    ...{ dataDir, database: url, until: 'listening' },
    // Two servers at a time have two cores: threads that wait for each other would be in each other's way.
    env: { IMPORT_GENESIS: 'false', INFERENCE_THREADS: '1', ...settings },
  });
  return { server, env: { DATA_DIR: dataDir, DATABASE_URL: url, PORT: '0' } };
}
