import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/common/installation.js';
import { lockHolder } from '../../src/config/index.js';
import { createTestDatabase, PATIENCE_MS, runCommand, temporaryFolder, until } from '../support/index.js';

/** A server that hangs never answers; one that answers later than that is asked again. */
const ASK_MS = 5_000;

describe('stemma supervise', () => {
  const dataDir = temporaryFolder('supervised');
  let supervisor: ChildProcess;
  let printed = '';
  let env: Record<string, string>;

  beforeAll(async () => {
    const { url } = await createTestDatabase();
    env = { DATA_DIR: dataDir, DATABASE_URL: url, PORT: '0', IMPORT_GENESIS: 'false', LOG_FORMAT: 'json' };
    const words = [join(packageRoot(), 'bin', 'stemma.mjs'), 'supervise', '--silence', '20'];
    supervisor = spawn(process.execPath, words, {
      cwd: dataDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        HEALING: 'off',
        MONITORING_MINUTES: '0',
        ...env,
      },
    });
    for (const stream of [supervisor.stdout, supervisor.stderr])
      stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  });
  afterAll(async () => {
    if (supervisor.exitCode === null && supervisor.signalCode === null) supervisor.kill('SIGKILL');
    const holder = lockHolder(dataDir);
    if (holder !== null) process.kill(holder.pid, 'SIGKILL');
    await delay(0);
  });

  /** The process id of the server once it answers. */
  const serving = async (not: number | null): Promise<number> => {
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await delay(100)) {
      const holder = lockHolder(dataDir);
      if (holder === null || holder.url === null || holder.pid === not) continue;
      const answers = await fetch(`${holder.url}/health`, { signal: AbortSignal.timeout(ASK_MS) }).catch(
        () => null,
      );
      if (answers?.ok === true) return holder.pid;
    }
    throw new Error(`no server in time:\n${printed}`);
  };

  it('starts a killed and a hung server again, never two, and ends with the server', async () => {
    const first = await serving(null);
    const second = await runCommand(['supervise'], env);
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining(`in use by process ${first}`)]);
    process.kill(first, 'SIGKILL');
    const next = await serving(first);
    // A supervisor that has not heard it yet is as patient as with a server that starts: that only takes longer.
    await delay(4_500);
    process.kill(next, 'SIGSTOP');
    await serving(next);
    await until('the restart of the killed one', () =>
      printed.includes('the server ended (SIGKILL); it starts again'),
    );
    await until('the end of the hung one', () => printed.includes('has not answered for'));
    const ended = once(supervisor, 'exit');
    supervisor.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect(lockHolder(dataDir)).toBeNull();
  });
});
