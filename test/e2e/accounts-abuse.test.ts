import { Wallet } from 'ethers';
import OpenAI from 'openai';
import { Client } from 'pg';
import { runCommand, startServer, type TestServer } from '../support/index.js';
import { ACCOUNT_SETTINGS, call, firstAdmin, register, setupToken, tokensIn } from '../support/accounts.js';

const servers: TestServer[] = [];
async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startServer({ env: { ...ACCOUNT_SETTINGS, ...env } });
  servers.push(server);
  return server;
}
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const login = (server: TestServer, name: string, password: string) =>
  call(server, 'POST', '/api/login', { body: { name, password } });

describe('guessing', () => {
  it('is slowed down by name and address, and the right password waits its turn', async () => {
    const server = await start();
    const person = await register(server);
    const began = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => login(server, person.name, `guess number ${i}`)),
    );
    const seconds = (performance.now() - began) / 1000;
    const throttled = answers.filter(({ status }) => status === 429);
    // Five are free; of the others one may pass at once, the next after 1 s, then after 2 s more, 4 s more, and so on.
    const most = 5 + 1 + Math.floor(Math.log2(1 + seconds));
    expect(answers.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(most);
    expect(throttled.length).toBeGreaterThanOrEqual(40 - most);
    for (const { body, headers } of throttled) {
      expect(body.code).toBe('LOGIN_THROTTLED');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await call(server, 'GET', '/api/me', { token: person.token })).status).toBe(200);
  });
});

describe('requests', () => {
  it('are limited by account and by address, with the numbers of the settings', async () => {
    const [tiers, RATE_LIMIT_ADDRESS] = [{ trusted: '8', expert: '11' }, '30'];
    const limits = {
      ...{ RATE_LIMIT_NEWBIE: '5', RATE_LIMIT_TRUSTED: tiers.trusted, RATE_LIMIT_EXPERT: tiers.expert },
      RATE_LIMIT_ADDRESS,
    };
    const server = await start(limits);
    const admin = await firstAdmin(server);
    const person = await register(server);
    const me = (token?: string) => call(server, 'GET', '/api/me', { ...(token && { token }) });
    for (let left = 4; left >= 0; left--) {
      const { status, headers } = await me(person.token);
      expect([status, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual([
        200,
        '5',
        String(left),
      ]);
    }
    const refused = await me(person.token);
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-ratelimit-reset')).toBe(refused.headers.get('retry-after'));
    for (const [tier, limit] of Object.entries(tiers)) {
      await call(server, 'PATCH', `/api/accounts/${person.id}`, { token: admin.token, body: { tier } });
      expect((await me(person.token)).headers.get('x-ratelimit-limit')).toBe(limit);
    }
    let status = 0;
    for (let i = 0; i < 31 && status !== 429; i++) ({ status } = await me());
    expect(status).toBe(429);
    expect((await me('worthless')).status).toBe(429);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    const { stdout } = await runCommand(['keys', 'token'], { DATA_DIR: server.dataDir });
    expect((await me(stdout.trim())).status).toBe(200);
  });

  it('leave a guardian the emergency stop, however many there were', async () => {
    const server = await start({ RATE_LIMIT_NEWBIE: '5' });
    const { token } = await firstAdmin(server);
    const order = (path: string) =>
      call(server, 'POST', `/api/guardian/${path}`, { token, body: { reason: 'drill' } });
    let status = 0;
    for (let i = 0; i < 6; i++) ({ status } = await call(server, 'GET', '/api/me', { token }));
    expect(status).toBe(429);
    expect(await order('emergency-stop')).toMatchObject({ status: 200, body: { stopped: true } });
    expect(await order('resume')).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(await order('emergency-stop')).toMatchObject({ status: 200, body: { stopped: true } });
  });

  it('go on when Redis cannot be reached, with one warning', async () => {
    const server = await start({ REDIS_URL: 'redis://127.0.0.1:1' });
    const person = await register(server);
    for (let i = 0; i < 5; i++)
      expect((await call(server, 'GET', '/api/me', { token: person.token })).status).toBe(200);
    expect(server.output().match(/requests are counted per process/g)).toHaveLength(1);
  });

  it('come from other origins only where they are named', async () => {
    const server = await start({ CORS_ORIGINS: 'https://app.example' });
    const preflight = (origin: string) =>
      fetch(`${server.url}/api/me`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PATCH' },
      });
    const allowed = await preflight('https://app.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    const refused = await preflight('https://app.example.evil.example');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    const origin = { origin: 'https://app.example' };
    const me = await call(server, 'GET', '/api/me', { headers: origin });
    expect([me.status, me.headers.get('vary')]).toEqual([200, 'Origin']);
  });
});

describe('new accounts', () => {
  /** Of one address in an hour. */
  const MOST = 30;
  let server: TestServer;
  beforeAll(async () => {
    server = await start({ TRUST_PROXY: 'true' });
  });

  const post = (from: string, path: string, body: object) =>
    call(server, 'POST', path, { body, headers: { 'x-forwarded-for': from } });
  const registerFrom = (from: string, i: number) =>
    post(from, '/api/register', { name: `person-${i}`, password: 'a long password' });
  const enterFrom = async (from: string, wallet: Wallet) => {
    const { body } = await post(from, '/auth/wallet/nonce', { address: wallet.address });
    const message = String(body.message);
    return post(from, '/auth/wallet/verify', { message, signature: await wallet.signMessage(message) });
  };
  const wallet = () => new Wallet(Wallet.createRandom().privateKey);

  it('by name are so many for an address, and no more', async () => {
    for (let i = 0; i < MOST; i++) expect((await registerFrom('192.0.2.1', i)).status).toBe(201);
    const refused = await registerFrom('192.0.2.1', MOST);
    expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await enterFrom('192.0.2.1', wallet())).body.code).toBe('RATE_LIMITED');
    expect((await registerFrom('192.0.2.2', MOST)).status).toBe(201);
  });

  it('by wallet are as many, and wallets that have one come in all the same', async () => {
    const first = wallet();
    expect((await enterFrom('192.0.2.3', first)).status).toBe(200);
    for (let i = 1; i < MOST; i++) expect((await enterFrom('192.0.2.3', wallet())).status).toBe(200);
    const stranger = wallet();
    expect(await enterFrom('192.0.2.3', stranger)).toMatchObject({
      ...{ status: 429, body: { code: 'RATE_LIMITED' } },
    });
    expect((await enterFrom('192.0.2.3', first)).status).toBe(200);
    expect((await enterFrom('192.0.2.4', stranger)).status).toBe(200);
  });
});

it('answers 503, not 401, when the database is away', async () => {
  const server = await start();
  const person = await register(server);
  const url = new URL(server.databaseUrl ?? '');
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const database = new Client({ connectionString: url.href });
  await database.connect();
  await database.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await database.end();
  const codes = async () => {
    const answers = [
      await login(server, person.name, person.password),
      await call(server, 'POST', '/api/refresh', { body: { refresh_token: person.refresh } }),
      await call(server, 'GET', '/api/me', { token: person.token }),
    ];
    return answers.map(({ status, body }) => `${status} ${String(body.code)}`);
  };
  expect(await codes()).toEqual(Array<string>(3).fill('503 DATABASE_UNAVAILABLE'));
});

it('writes no secret into the log, whatever is asked', async () => {
  const server = await start({ LOG_LEVEL: 'trace', METRICS_TOKEN: 'a-metrics-token-for-the-test' });
  const setup = await setupToken(server);
  const admin = await firstAdmin(server);
  const person = await register(server);
  const cookie = await call(server, 'POST', '/api/login', {
    body: { name: person.name, password: person.password, cookie: true },
  });
  const refreshed = tokensIn(
    await call(server, 'POST', '/api/refresh', { body: { refresh_token: person.refresh } }),
  );
  const issued = await call(server, 'POST', '/auth/register', {
    token: refreshed.token,
    body: { name: 'for the test', scopes: ['read', 'inference'] },
  });
  const key = String(issued.body.key);
  await call(server, 'GET', `/api/me?token=${refreshed.token}`, { token: key });
  await call(server, 'GET', `/no/such/path?password=${person.password}`, { token: key });
  await call(server, 'POST', '/api/login', { body: { name: person.name, password: [person.password] } });
  await call(server, 'POST', '/api/refresh', { body: { refresh_token: person.refresh } });
  await server.stop();
  const log = server.output().replace(`setup#token=${setup}`, '');
  const secrets = [
    ...[admin.password, admin.token, admin.refresh, person.password, person.token, person.refresh],
    ...[refreshed.token, refreshed.refresh, key, setup, 'a-metrics-token-for-the-test'],
    (cookie.headers.get('set-cookie') ?? '').slice('stemma_refresh='.length).split(';')[0],
  ];
  expect(log).toContain('stopped');
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(20);
    expect(log.includes(secret)).toBe(false);
  }
});

describe('API keys', () => {
  it('work in the official OpenAI client, are listed without secrets, and end when revoked', async () => {
    const server = await start({ IMPORT_GENESIS: 'true' });
    const { token } = await register(server);
    const body = { name: 'laptop', scopes: ['inference'] };
    const issued = await call(server, 'POST', '/auth/register', { token, body });
    const key = String(issued.body.key);
    expect(key).toMatch(/^stk_[a-z2-7]{26}_[\w-]{43}$/);
    const client = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
    const ask = () =>
      client.chat.completions.create({
        model: 'genesis',
        messages: [{ role: 'user', content: 'Compute 9 x 7.' }],
        max_tokens: 4,
      });
    expect((await ask()).choices).toHaveLength(1);
    const list = await call(server, 'GET', '/auth/keys', { token });
    expect(list.body.items).toEqual([expect.objectContaining({ ...body, used_at: expect.any(Number) })]);
    expect(JSON.stringify(list.body)).not.toContain(key.slice(-43));
    const path = `/auth/keys/${String(issued.body.id)}`;
    expect((await call(server, 'DELETE', path, { token: key })).body.code).toBe('SESSION_NEEDED');
    expect((await call(server, 'DELETE', path, { token })).status).toBe(204);
    await expect(ask()).rejects.toMatchObject({ status: 401, code: 'API_KEY_INVALID' });
  });
});

describe('stemma admin create', () => {
  it('makes an admin with the server running, and with it stopped', async () => {
    const server = await start();
    const env = { DATA_DIR: server.dataDir, DATABASE_URL: server.databaseUrl ?? '', ...ACCOUNT_SETTINGS };
    const create = async (name: string) => runCommand(['--json', 'admin', 'create', '--name', name], env);
    const running = JSON.parse((await create('first')).stdout) as { password: string };
    expect((await login(server, 'first', running.password)).body.account).toMatchObject({
      roles: ['user', 'admin'],
    });
    const twice = await create('first');
    expect([twice.code, JSON.parse(twice.stdout)]).toMatchObject([1, { error: { code: 'ACCOUNT_EXISTS' } }]);
    await server.stop();
    const stopped = JSON.parse((await create('second')).stdout) as { password: string };
    const again = await startServer({
      env: ACCOUNT_SETTINGS,
      dataDir: server.dataDir,
      database: server.databaseUrl ?? 'shared',
    });
    servers.push(again);
    expect((await login(again, 'second', stopped.password)).status).toBe(200);
    expect(again.output()).not.toContain('setup#token');
  });
});
