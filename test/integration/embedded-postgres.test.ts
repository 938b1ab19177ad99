import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { unwrap } from '../../src/common/index.js';
import type { AppConfig } from '../../src/config/index.js';
import { EmbeddedPostgres } from '../../src/database/index.js';
import { PATIENCE_MS, testConfig } from '../support/index.js';

const isRoot = process.getuid?.() === 0;
const POLL_MS = 25;

async function query<T>(url: string, text: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (thrown) {
      if (performance.now() > end) throw thrown;
      await delay(POLL_MS);
    }
  }
}

const cluster = (config: AppConfig) => join(config.dataDir, 'postgres', 'cluster');
const postmasterOf = (config: AppConfig) =>
  Number(readFileSync(join(cluster(config), 'postmaster.pid'), 'utf8').split('\n')[0]);
const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');

describe('embedded PostgreSQL', () => {
  let config: AppConfig;
  const running: EmbeddedPostgres[] = [];
  const start = async (of = config) => {
    const embedded = unwrap(await EmbeddedPostgres.start(of));
    running.push(embedded);
    return embedded;
  };

  beforeAll(async () => {
    config = testConfig();
    const embedded = await start();
    await query(embedded.url, 'CREATE TABLE kept (value int); INSERT INTO kept VALUES (42)');
    await embedded.stop();
  });
  afterEach(async () => {
    for (const embedded of running.splice(0)) await embedded.stop();
  });

  const kept = (url: string) => query<{ value: number }>(url, 'SELECT value FROM kept');

  it('is durable, checks its pages, listens to no network, and keeps its folder to itself', async () => {
    const { url } = await start();
    const setting = async (name: string) =>
      (await query<Record<string, string>>(url, `SHOW ${name}`))[0][name];
    expect(await setting('fsync')).toBe('on');
    expect(await setting('synchronous_commit')).toBe('on');
    expect(await setting('data_checksums')).toBe('on');
    expect(await setting('listen_addresses')).toBe('');
    expect(statSync(join(config.dataDir, 'postgres')).mode & 0o077).toBe(0);
  });

  it('leaves nothing running after a stop, and has its data at the next start', async () => {
    const first = await start();
    const pid = postmasterOf(config);
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    expect(await kept((await start()).url)).toEqual([{ value: 42 }]);
  });

  it('is started again when it is killed', async () => {
    const notices: string[] = [];
    const embedded = unwrap(
      await EmbeddedPostgres.start(config, { onRestart: (detail) => notices.push(detail) }),
    );
    running.push(embedded);
    const killed = postmasterOf(config);
    process.kill(killed, 'SIGKILL');
    expect(await eventually(() => kept(embedded.url))).toEqual([{ value: 42 }]);
    expect(postmasterOf(config)).not.toBe(killed);
    expect(notices[0]).toContain('ended');
    await eventually(async () => expect(embedded.state()).toBe('running'));
  });

  it('replaces a PostgreSQL that an earlier run left behind', async () => {
    const { url } = await start();
    const options = readFileSync(join(cluster(config), 'postmaster.opts'), 'utf8');
    const program = options.split(' ')[0];
    for (const embedded of running.splice(0)) await embedded.stop();
    const owner = statSync(cluster(config));
    const orphan = spawn(
      program,
      ['-D', cluster(config), '-c', 'listen_addresses=', '-k', join(config.dataDir, 'postgres', 'socket')],
      {
        stdio: 'ignore',
        ...(isRoot && { uid: owner.uid, gid: owner.gid }),
      },
    );
    await eventually(() => kept(url));
    const embedded = await start();
    await eventually(async () => expect(orphan.exitCode).toBe(0));
    expect(postmasterOf(config)).not.toBe(orphan.pid);
    expect(await kept(embedded.url)).toEqual([{ value: 42 }]);
  });

  it('is not stopped by a process file that a crash left, whoever has that number now', async () => {
    writeFileSync(join(cluster(config), 'postmaster.pid'), `${process.pid}\n${cluster(config)}\n`);
    expect(await kept((await start()).url)).toEqual([{ value: 42 }]);
  });

  it('starts over when a first start was cut short', async () => {
    const fresh = testConfig();
    await (await start(fresh)).stop();
    running.length = 0;
    rmSync(join(cluster(fresh), 'PG_VERSION'));
    rmSync(cluster(fresh), { recursive: true });
    const { url } = await start(fresh);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says what PostgreSQL said when it cannot start', async () => {
    const broken = testConfig();
    await (await start(broken)).stop();
    running.length = 0;
    writeFileSync(join(cluster(broken), 'postgresql.conf'), 'shared_buffers = nonsense');
    const result = await EmbeddedPostgres.start(broken);
    expect(result.ok ? null : result.error).toMatchObject({
      code: 'POSTGRES_START_FAILED',
      message: expect.stringContaining('nonsense') as string,
    });
  });

  it('fits a socket path that would be too long', async () => {
    const deep = testConfig({ dataDir: join(testConfig().dataDir, 'd'.repeat(90)) });
    mkdirSync(deep.dataDir);
    const { url } = await start(deep);
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  (isRoot ? it : it.skip)('lives elsewhere when its user cannot reach the data folder', async () => {
    const closed = testConfig({ postgresDir: testConfig().dataDir });
    chmodSync(closed.dataDir, 0o700);
    const embedded = await start(closed);
    const link = join(closed.dataDir, 'postgres');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readlinkSync(link).startsWith(closed.postgresDir)).toBe(true);
    await query(embedded.url, 'CREATE TABLE here (id int)');
    await embedded.stop();
    expect(await query((await start(closed)).url, 'SELECT * FROM here')).toEqual([]);
    for (const one of running.splice(0)) await one.stop();
    rmSync(readlinkSync(link), { recursive: true });
    const result = await EmbeddedPostgres.start(closed);
    expect(result.ok ? null : result.error.code).toBe('POSTGRES_CLUSTER_MISSING');
  });
});
