import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { packageRoot } from '../../src/common/installation.js';
import {
  createTestDatabase,
  runCommand,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from '../support/index.js';

const QUICK = { IMPORT_GENESIS: 'false' };

interface Ready {
  probes: Record<string, { status: string }>;
}

interface Problem {
  code: string;
  status: number;
  request_id: string;
}

describe('a running server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { ...QUICK, METRICS_TOKEN: 'a-token-for-metrics' } });
  });
  afterAll(() => server.stop());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, { headers });

  it('is alive and ready', async () => {
    expect(await (await get('/health')).json()).toMatchObject({ status: 'ok' });
    const probes = async () => ((await (await get('/ready')).json()) as Ready).probes;
    await until('the database answers', async () => (await probes()).database.status === 'ok');
    await until('it is ready', async () => (await get('/ready')).status === 200);
  });

  it('says what it is', async () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(await (await get('/version')).json()).toMatchObject({
      version: manifest.version,
      node: process.version,
    });
  });

  it('sends its security headers with pages, answers and errors', async () => {
    for (const path of ['/', '/health', '/no-such-thing']) {
      const { headers } = await get(path, { accept: 'text/html' });
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('shows metrics to those who know the token', async () => {
    expect((await get('/metrics')).status).toBe(401);
    expect((await get('/metrics', { authorization: 'Bearer a-token-for-metricz' })).status).toBe(401);
    const metrics = await get('/metrics', { authorization: 'Bearer a-token-for-metrics' });
    expect(await metrics.text()).toMatch(/^stemma_process_resident_memory_bytes \d/m);
  });

  it('serves the dashboard, its page for every address of the dashboard, and the kernel', async () => {
    const page = await get('/some/page', { accept: 'text/html' });
    expect(page.status).toBe(200);
    const html = await page.text();
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1] ?? '';
    const asset = await get(script);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(asset.headers.get('content-type')).toContain('javascript');
    const kernel = await get('/kernel/kernel.wasm');
    expect(kernel.headers.get('content-type')).toBe('application/wasm');
    const etag = kernel.headers.get('etag') ?? '';
    expect((await get('/kernel/kernel.wasm', { 'if-none-match': etag })).status).toBe(304);
    const named = await get(`/kernel/${etag.replaceAll('"', '')}.wasm`);
    expect(named.headers.get('cache-control')).toContain('immutable');
  });

  it('describes its API', async () => {
    const description = (await (await get('/docs/json')).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(description.openapi).toMatch(/^3\./);
    expect(Object.keys(description.paths)).toContain('/ready');
    expect(await (await get('/docs')).text()).toContain('swagger-ui');
  });

  it('does not let a path out of the dashboard folder', async () => {
    for (const path of [
      '/..%2f..%2fpackage.json',
      '/assets/..%2f..%2f..%2fpackage.json',
      '/%2e%2e/package.json',
    ]) {
      expect(await (await get(path)).text()).not.toContain('"name": "stemma"');
    }
  });

  it.each<[string, RequestInit & { path?: string }, number, string]>([
    ['unknown path', { path: '/no-such-thing' }, 404, 'NOT_FOUND'],
    ['foreign host', { headers: { origin: 'https://evil.example' } }, 403, 'ORIGIN_NOT_ALLOWED'],
    [
      'broken JSON',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      400,
      'JSON_INVALID',
    ],
    [
      'invalid UTF-8',
      { method: 'POST', body: Uint8Array.of(34, 255, 34), headers: { 'content-type': 'application/json' } },
      400,
      'JSON_INVALID_UTF8',
    ],
    [
      'unknown media type',
      { method: 'POST', body: 'a', headers: { 'content-type': 'text/plain' } },
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'too large',
      {
        method: 'POST',
        path: '/chat',
        body: `"${'a'.repeat(1_100_000)}"`,
        headers: { 'content-type': 'application/json' },
      },
      413,
      'BODY_TOO_LARGE',
    ],
  ])(
    'refuses %s as problem details',
    async (_what, { path = '/chain/B/blocks', ...request }, status, code) => {
      const response = await fetch(`${server.url}${path}`, request);
      const problem = (await response.json()) as Problem;
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(problem).toMatchObject({ status, code });
      expect(problem.request_id).toBe(response.headers.get('x-request-id'));
    },
  );

  it('tells commands that it runs, and answers them', async () => {
    const shown = await runCommand(['keys', 'show', '--json'], { DATA_DIR: server.dataDir });
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      blocks: expect.stringMatching(/^0[23][0-9a-f]{64}$/) as string,
    });
    const models = await runCommand(['models', '--json'], { DATA_DIR: server.dataDir });
    expect(models).toMatchObject({ code: 0, stderr: '' });
  });

  it('keeps a second server off its folder', async () => {
    const second = await runCommand(['serve'], { DATA_DIR: server.dataDir, PORT: '0' });
    expect(second.code).toBe(1);
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toContain('DATA_DIR_LOCKED');
    expect(second.stderr).toContain(server.url);
    expect((await get('/health')).status).toBe(200);
  });
});

describe('a server open to the network', () => {
  it('lets anybody read and only token holders change', async () => {
    const server = await startServer({ env: { ...QUICK, HOST: '0.0.0.0' } });
    const post = (token?: string) =>
      fetch(`${server.url}/chain/B/blocks`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      });
    expect((await fetch(`${server.url}/chain/status`)).status).toBe(200);
    expect((await post()).status).toBe(401);
    expect((await post('nonsense')).status).toBe(401);
    const token = await runCommand(['keys', 'token'], { DATA_DIR: server.dataDir });
    expect((await post(token.stdout.trim())).status).toBe(400);
    await server.stop();
  });
});

describe('stopping and starting', () => {
  it('ends with 0 on SIGTERM and leaves no PostgreSQL behind, and starts again on the same folder', async () => {
    const first = await startServer({ database: 'embedded', env: QUICK });
    const pidFile = join(first.dataDir, 'postgres', 'cluster', 'postmaster.pid');
    expect(existsSync(pidFile)).toBe(true);
    expect(await first.stop()).toBe(0);
    expect(existsSync(pidFile)).toBe(false);
    expect(existsSync(join(first.dataDir, 'stemma.lock'))).toBe(false);
    const again = await startServer({ database: 'embedded', dataDir: first.dataDir, env: QUICK });
    expect(await again.stop('SIGINT')).toBe(0);
  });

  it('takes PostgreSQL along when it is killed, and comes up again at once', async () => {
    const first = await startServer({ database: 'embedded', env: QUICK });
    const pid = readFileSync(join(first.dataDir, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split(
      '\n',
    )[0];
    await first.stop('SIGKILL');
    const again = await startServer({ database: 'embedded', dataDir: first.dataDir, env: QUICK });
    await until('the end of the first PostgreSQL', () => !existsSync(`/proc/${pid}`));
    await until('it is ready', async () => (await fetch(`${again.url}/ready`)).status === 200);
    await again.stop();
  });
});

describe('a database that goes away', () => {
  it('makes /ready fail while it is away, and recovers by itself', async () => {
    const server = await startServer({ database: 'embedded', env: QUICK });
    const cluster = join(server.dataDir, 'postgres', 'cluster');
    const postmaster = () => Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    const pid = postmaster();
    const ready = async () => (await fetch(`${server.url}/ready`)).status;
    process.kill(pid, 'SIGSTOP');
    for (const child of backendsOf(pid)) process.kill(child, 'SIGSTOP');
    // That it is said at all shows that nobody waits for the database; how soon is measured by the bench (--faults).
    await until('the loss is told', async () => (await ready()) === 503);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    for (const child of backendsOf(pid)) process.kill(child, 'SIGCONT');
    process.kill(pid, 'SIGCONT');
    await until('recovery', async () => (await ready()) === 200);
    process.kill(pid, 'SIGKILL');
    await until('a new PostgreSQL', async () => postmaster() !== pid && (await ready()) === 200);
    expect(await server.stop()).toBe(0);
  });

  it('is named in the answer while it is gone', async () => {
    const database = await createTestDatabase();
    const server = await startServer({ database: database.url, env: QUICK });
    await database.drop();
    const response = await fetch(`${server.url}/chain/A/blocks`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const name = new URL(database.url).pathname.slice(1);
    const client = new Client({ connectionString: database.url.replace(`/${name}`, '/stemma') });
    await client.connect();
    await client.query(`CREATE DATABASE ${name} TEMPLATE stemma_template`);
    await client.end();
    await until('recovery', async () => (await fetch(`${server.url}/chain/A/blocks`)).status === 200);
    await server.stop();
  });
});

describe('a start that cannot be', () => {
  const start = (env: Record<string, string>) =>
    runCommand(['serve'], { PORT: '0', DATA_DIR: temporaryFolder('refused'), ...QUICK, ...env });

  it('names the port that is in use, before it starts a database', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const folder = temporaryFolder('refused');
    const outcome = await start({ PORT: String(port), DATA_DIR: folder });
    // Closed before anything is expected: a listener left behind keeps a failed test run from ending.
    blocker.close();
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.stderr.trim()).toBe(
      `stemma: port ${port} on 127.0.0.1 is in use; set PORT to another one [PORT_IN_USE]`,
    );
    expect(existsSync(join(folder, 'postgres'))).toBe(false);
    expect(existsSync(join(folder, 'stemma.lock'))).toBe(false);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['a bad value', { PORT: 'eighty' }, /^stemma: PORT is "eighty"; allowed is .* \[CONFIG_INVALID\]\n$/],
    [
      'a file that is not there',
      { CONFIG_FILE: '/nowhere.yaml' },
      /^stemma: cannot read \/nowhere.yaml.* \[CONFIG_UNREADABLE\]\n$/,
    ],
    [
      'a folder that cannot be made',
      { DATA_DIR: '/proc/stemma' },
      /^stemma: the data folder .* \[STORAGE_UNUSABLE\]\n$/,
    ],
  ])('ends with one clear line: %s', async (_what, env, line) => {
    const outcome = await start(env);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(line);
  });

  it('tells wrong use from refusals', async () => {
    expect((await runCommand(['no-such-command'], {})).code).toBe(2);
    expect((await runCommand(['serve', '--role', 'king'], {})).code).toBe(2);
    expect((await runCommand(['--help'], {})).code).toBe(0);
  });
});

/** Processes that PostgreSQL started. */
function backendsOf(postmaster: number): number[] {
  return execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' })
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}
