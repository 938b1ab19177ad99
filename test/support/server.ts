import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/common/installation.js';
import { lockHolder } from '../../src/config/process-lock.js';
import { PATIENCE_MS } from './patience.js';
import { copyPreparedGround, createTestDatabase } from './postgres.js';
import { beforeFoldersGo, temporaryFolder } from './temporary-folder.js';

const POLL_MS = 50;
const KEPT_OUTPUT = 64 * 1024;

const started = new Set<ChildProcess>();

/** How a server for a test differs from the usual one. */
export interface ServerOptions {
  /** Settings in the environment, over the defaults for tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Start on the folder of an earlier server. */
  readonly dataDir?: string;
  /** `shared` (default): a new database in the test run's PostgreSQL; `embedded`: the server runs its own; or a URL. */
  readonly database?: 'shared' | 'embedded' | (string & {});
  /** What has to be true before the promise resolves: `ready` (default) or only `listening`. */
  readonly until?: 'ready' | 'listening';
}

/** A real server in a process of its own. */
export interface TestServer {
  readonly url: string;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly process: ChildProcess;
  /** What it has printed so far (the last 64 KiB). */
  output(): string;
  /** Ends it (SIGTERM unless told otherwise) and waits. @returns its exit code, null after a signal */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts `stemma serve` as built, on a free port and a folder of its own, and waits until it is ready. With the genesis model,
 * unless told otherwise, it is the second start on its folder: the first one, which imports the model, is made once.
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const { dataDir, databaseUrl } = await groundFor(options);
  return start(dataDir, databaseUrl, options);
}

async function groundFor({ dataDir, database = 'shared', env }: ServerOptions) {
  if (dataDir === undefined && database === 'shared' && env?.IMPORT_GENESIS !== 'false') {
    const copy = await copyPreparedGround('imported', temporaryFolder('server'), async (ground) => {
      await (await start(ground.dataDir, ground.url, {})).stop();
    });
    return { dataDir: copy.dataDir, databaseUrl: copy.url };
  }
  return { dataDir: dataDir ?? temporaryFolder('server'), databaseUrl: await databaseFor(database) };
}

async function start(
  dataDir: string,
  databaseUrl: string | null,
  options: ServerOptions,
): Promise<TestServer> {
  const child = spawnServer(dataDir, databaseUrl, options.env);
  let printed = '';
  const collect = (chunk: Buffer) => (printed = `${printed}${chunk.toString()}`.slice(-KEPT_OUTPUT));
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  started.add(child);
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => end(child, signal);
  try {
    const url = await waitUntil(child, dataDir, options.until ?? 'ready');
    return { url, dataDir, databaseUrl, process: child, output: () => printed, stop };
  } catch (thrown) {
    await end(child, 'SIGKILL');
    throw new Error(`${(thrown as Error).message}; it printed:\n${printed}`, { cause: thrown });
  }
}

function spawnServer(dataDir: string, databaseUrl: string | null, env: ServerOptions['env']): ChildProcess {
  return spawn(process.execPath, [join(packageRoot(), 'bin', 'stemma.mjs'), 'serve'], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_FORMAT: 'json',
      INFERENCE_THREADS: '2',
      // What is measured here is better or worse by far: a few examples show it as well as many.
      LEARNING_DRAWS: '40',
      EXPERT_CACHE_MB: '128',
      KV_CACHE_MB: '64',
      // A busy test machine is no incident; tests of monitoring and healing turn them on.
      MONITORING_MINUTES: '0',
      HEALING: 'off',
      // One question to a guardian instead of three; tests of stages turn them on.
      LEARNING_ROLLOUT: 'promote',
      POSTGRES_DIR: join(dataDir, 'postgres-elsewhere'),
      ...(databaseUrl !== null && { DATABASE_URL: databaseUrl }),
      ...env,
    },
  });
}

/** No server outlives its test file, nor the folder it works on. */
beforeFoldersGo(() => Promise.all([...started].map((child) => end(child, 'SIGTERM'))));

async function databaseFor(database: string): Promise<string | null> {
  if (database === 'embedded') return null;
  return database === 'shared' ? (await createTestDatabase()).url : database;
}

async function waitUntil(
  child: ChildProcess,
  dataDir: string,
  until: 'ready' | 'listening',
): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the server ended at once');
    const holder = lockHolder(dataDir);
    const url = holder?.pid === child.pid ? (holder?.url ?? null) : null;
    if (url !== null && (until === 'listening' || (await isReady(url)))) return url;
    await delay(POLL_MS);
  }
  throw new Error('the server was not ready in time');
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/ready`).then(
    (response) => response.ok,
    () => false,
  );
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  // Closed, not only ended: all it has printed was read.
  const closed = once(child, 'close');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await closed;
  clearTimeout(timer);
  return child.exitCode;
}
