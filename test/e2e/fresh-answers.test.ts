import { answerOnce, startServer, type TestServer } from '../support/index.js';
import { ACCOUNT_SETTINGS, call, firstAdmin, register, type Person } from '../support/accounts.js';

type Listed = { readonly items: readonly Record<string, unknown>[] };

/** What the server keeps in memory must be gone the moment it is no longer so. */
describe('answers that are kept', () => {
  let server: TestServer;
  let admin: Person;
  let person: Person;
  beforeAll(async () => {
    server = await startServer({ env: { ...ACCOUNT_SETTINGS, IMPORT_GENESIS: 'true' } });
    admin = await firstAdmin(server);
    person = await register(server);
  });
  afterAll(() => server.stop());

  const get = async <T>(path: string, token = person.token) =>
    (await call(server, 'GET', path, { token })).body as T;
  const count = async (path: string, token?: string) => (await get<Listed>(path, token)).items.length;

  it('show an account as it was just changed', async () => {
    const tier = async () => (await get<{ account: { tier: string } }>('/api/me')).account.tier;
    for (const next of ['trusted', 'expert', 'newbie']) {
      const body = { tier: next };
      await call(server, 'PATCH', `/api/accounts/${person.id}`, { token: admin.token, body });
      expect(await tier()).toBe(next);
    }
  });

  it('list a receipt at once, for its owner and for admins, and for nobody else', async () => {
    const other = await register(server);
    for (let receipts = 0; receipts < 3; receipts++) {
      expect(await count('/v1/receipts?limit=10')).toBe(receipts);
      expect(await count('/v1/receipts?limit=10', admin.token)).toBe(receipts);
      expect(await count('/v1/receipts?limit=10', other.token)).toBe(0);
      const body = { model: 'genesis', max_tokens: 1, messages: [{ role: 'user', content: '1+1=' }] };
      const answer = await call(server, 'POST', '/v1/chat/completions', { token: person.token, body });
      expect(answer.status).toBe(200);
      const [newest] = (await get<Listed>('/v1/receipts?limit=1')).items;
      expect(newest.id).toBe(answer.body.receipt_id);
    }
  });

  it('hide the private part of a receipt from others, whoever asked first', async () => {
    const other = await register(server);
    const [{ id }] = (await get<Listed>('/v1/receipts?limit=1')).items;
    const evidence = async (token: string) =>
      (await get<{ evidence: object | null }>(`/v1/receipts/${String(id)}`, token)).evidence;
    expect(await evidence(person.token)).not.toBeNull();
    expect(await evidence(other.token)).toBeNull();
    expect(await evidence(admin.token)).not.toBeNull();
  });

  it('list a task at once, for its owner and for nobody else', async () => {
    const other = await register(server);
    const path = '/tasks?limit=10';
    expect(await count(path)).toBe(0);
    const body = { task_type: 'policy_check', parameters: { action_type: 'http_probe' } };
    const started = await call(server, 'POST', '/task/start', { token: person.token, body });
    expect([started.status, await count(path), await count(path, other.token)]).toEqual([201, 1, 0]);
    await call(server, 'POST', `/task/${String(started.body.task_id)}/cancel`, {
      token: person.token,
      body: {},
    });
    // It may have been over before it was cancelled; the list says at once what became of it.
    const shown = await answerOnce(
      () => get<{ state: string }>(`/task/${String(started.body.task_id)}`),
      ({ state }) => ['cancelled', 'completed', 'failed'].includes(state),
    );
    const [listed] = (await get<Listed>(path)).items;
    expect(listed.state).toBe(shown.state);
  });

  it('refuse a revoked key and an ended session at once', async () => {
    const guest = await register(server);
    const body = { name: 'program', scopes: ['read'] };
    const key = await call(server, 'POST', '/auth/register', { token: guest.token, body });
    const token = String(key.body.key);
    const status = async (with_: string) => (await call(server, 'GET', '/api/me', { token: with_ })).status;
    expect(await status(token)).toBe(200);
    const { items } = await get<Listed>('/auth/keys', guest.token);
    await call(server, 'DELETE', `/auth/keys/${String(items[0].id)}`, { token: guest.token });
    expect(await status(token)).toBe(401);
    expect(await status(guest.token)).toBe(200);
    await call(server, 'POST', '/api/logout', { token: guest.token });
    expect(await status(guest.token)).toBe(401);
  });
});
