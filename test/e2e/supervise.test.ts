import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../../src/common/installation.js';
import { lockHolder } from '../../src/config/process-lock.js';
import { createTestDatabase, PATIENCE_MS, runCommand, temporaryFolder, until } from '../support/index.js';

/** A server that hangs never answers; one that answers later than that is asked again. */
const ASK_MS = 5_000;
/** systemd is given a sign twice in this time. */
const WATCHDOG_MS = 1_000;
/** A sign that was on its way when the server fell silent: until then, the supervisor asks twice. */
const UNHEARD_MS = 8_000;

/** A `systemd-notify` that writes down when it was called, and how. */
function notifyTool(folder: string): { told: () => { at: number; words: string }[] } {
  const file = join(folder, 'told');
  const script = `#!/bin/sh\necho "$(date +%s%3N) $*" >> '${file}'\n`;
  writeFileSync(file, '');
  writeFileSync(join(folder, 'systemd-notify'), script, { mode: 0o755 });
  const lines = () => readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);
  const entry = (line: string) => {
    const [at, ...words] = line.split(' ');
    return { at: Number(at), words: words.join(' ') };
  };
  return { told: () => lines().map(entry) };
}

describe('stemma supervise', () => {
  const dataDir = temporaryFolder('supervised');
  let supervisor: ChildProcess;
  const tools = temporaryFolder('systemd');
  const { told } = notifyTool(tools);
  const signs = () => told().filter(({ words }) => words === 'WATCHDOG=1');
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
        PATH: `${tools}:${process.env.PATH}`,
        // What systemd sets for a service of Type=notify with a watchdog.
        NOTIFY_SOCKET: join(tools, 'socket'),
        WATCHDOG_USEC: String(WATCHDOG_MS * 1000),
        HOME: process.env.HOME,
        HEALING: 'watch',
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
    const ready = () => told().filter(({ words }) => words.startsWith('--ready'));
    await until('systemd to be told', () => ready().length === 1);
    await until('two signs of life', () => signs().length >= 2);
    const second = await runCommand(['supervise'], env);
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining(`in use by process ${first}`)]);
    process.kill(first, 'SIGKILL');
    const next = await serving(first);
    // A supervisor that has not heard it yet is as patient as with a server that starts.
    await until('the second one to be heard', () => ready().length === 2);
    process.kill(next, 'SIGSTOP');
    const stoppedAt = Date.now();
    const last = await serving(next);
    await until('the restart of the killed one', () =>
      printed.includes('the server ended (SIGKILL); it starts again'),
    );
    await until('the end of the hung one', () => printed.includes('has not answered for'));
    await until('the third one to be heard', () => ready().length === 3);
    // Silent for 20 s: but for its first seconds, no sign of life until another one starts.
    const lastSign = signs().findLast(({ at }) => at < stoppedAt + UNHEARD_MS)?.at ?? stoppedAt;
    const resumed = () => signs().find(({ at }) => at > lastSign)?.at;
    await until('signs of life again', () => resumed() !== undefined);
    expect(Number(resumed()) - lastSign).toBeGreaterThan(UNHEARD_MS);
    const api = (path: string, init?: RequestInit) =>
      fetch(`${lockHolder(dataDir)!.url}/api/healing/${path}`, init);
    const crashes = async () => {
      const response = await api('incidents');
      const { items } = (await response.json()) as {
        items: { cause: string; state: string; summary: string }[];
      };
      return items.filter(({ cause }) => cause === 'process_crashed');
    };
    await until('incidents of both', async () => (await crashes()).length === 2);
    const [hung, killed] = await crashes();
    expect(killed).toMatchObject({
      state: 'resolved',
      summary: expect.stringMatching(/: SIGKILL$/) as string,
    });
    expect(hung.summary).toMatch(/: it had not answered for \d+ s and was ended$/);
    expect(lockHolder(dataDir)?.pid).toBe(last);
    const ordered = await api('actions/restart_server', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'to see whether it comes back' }),
    });
    expect([ordered.status, await ordered.json()]).toEqual([
      200,
      { remedy: 'restart_server', detail: 'the server ends, and its supervisor starts it again' },
    ]);
    await serving(last);
    await until('it to be said', () => printed.includes('the server ended to be started again'));
    // It ended as it should: no incident more.
    expect(await crashes()).toHaveLength(2);
    const ended = once(supervisor, 'exit');
    supervisor.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect(lockHolder(dataDir)).toBeNull();
    await until('systemd to be told of the end', () => told().some(({ words }) => words === 'STOPPING=1'));
  });
});
