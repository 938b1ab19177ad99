import { ACCOUNT_SETTINGS, call, firstAdmin, register } from '../support/accounts.js';
import { startServer, type TestServer } from '../support/index.js';

interface AlertDocument {
  readonly fingerprint: string;
  readonly summary: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

describe('odd access on a real server', () => {
  let server: TestServer;
  let admin: string;

  beforeAll(async () => {
    const env = { ...ACCOUNT_SETTINGS, TRUST_PROXY: 'true', HEALING: 'off', MONITORING_MINUTES: '0' };
    server = await startServer({ env, until: 'listening' });
    admin = (await firstAdmin(server)).token;
  });
  afterAll(() => server?.stop());

  const odd = async (): Promise<AlertDocument[]> => {
    const run = await call(server, 'POST', '/api/monitoring/agents/security/run', { token: admin });
    expect(run.status).toBe(200);
    const { body } = await call(server, 'GET', '/api/monitoring/alerts?open=true', { token: admin });
    const items = body.items as AlertDocument[];
    return items.filter(({ fingerprint }) => /^security\.(probing|rate|addresses)\./.test(fingerprint));
  };

  it('tells of an account that tries one route after the other, and of nobody else', async () => {
    const curious = await register(server, 'curious');
    const calm = await register(server, 'calm');
    const { body } = await call(server, 'GET', '/docs/json');
    const paths = Object.entries(body.paths as Record<string, object>).filter(([, each]) => 'get' in each);
    let refused = 0;
    for (const [path] of paths) {
      const { status } = await call(server, 'GET', path.replaceAll(/\{\w+\}/g, 'none'), {
        token: curious.token,
      });
      if (status === 403 || status === 404) refused++;
    }
    for (let i = 0; i < 50; i++) await call(server, 'GET', '/api/guardian/dashboard', { token: calm.token });
    const [found, ...others] = await odd();
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      fingerprint: expect.stringMatching(/^security\.probing\.[0-9a-f]{32}@[0-9a-f]{12}$/) as string,
      summary: expect.stringContaining('curious') as string,
    });
    expect(found.evidence).toMatchObject({ account: curious.id, routes: refused });
    expect((found.evidence.newest as string[]).join()).toMatch(/GET \/[a-z]/);
  });

  it('tells of one session that is used from many addresses', async () => {
    const { token, id } = await register(server, 'traveller');
    const from = (address: string) =>
      call(server, 'GET', '/models', { token, headers: { 'x-forwarded-for': address } });
    // One customer of a provider has many addresses of version 6, and they count as one.
    for (let i = 1; i <= 20; i++) await from(`2001:db8:1:2::${i}`);
    const own = async () => (await odd()).filter(({ evidence }) => evidence.account === id);
    expect(await own()).toEqual([]);
    for (let i = 1; i <= 12; i++) await from(`198.51.100.${i}`);
    const [found] = await own();
    expect(found.fingerprint).toMatch(/^security\.addresses\.[0-9a-f]{32}@[0-9a-f]{12}$/);
    expect(found.evidence).toMatchObject({ addresses: 13 });
    expect(found.evidence.newest).toContain('198.51.100.12');
    expect(JSON.stringify(found)).not.toContain(token);
  });
});
