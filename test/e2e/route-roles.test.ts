import type { RoleName } from '../../src/auth/roles.js';
import { SCOPES, type Scope } from '../../src/auth/scopes.js';
import { Client } from 'pg';
import { COMMON_ROUTES, OWNED_ROUTES, routesToDecide } from '../compliance/route-owners.js';
import { mayPass, ROUTE_RULES, type Caller } from '../compliance/route-roles.js';
import { ACCOUNT_SETTINGS, call, firstAdmin, register, type Person } from '../support/accounts.js';
import { runCommand, startServer, type TestServer } from '../support/index.js';
import { ownedThings, type OwnedThings } from '../support/owned-things.js';

/** How the guard refuses. Any other answer means that the call got past it. */
const DENIALS = new Set([
  'UNAUTHENTICATED',
  'TOKEN_INVALID',
  'API_KEY_INVALID',
  'FORBIDDEN',
  'SCOPE_MISSING',
  'SESSION_NEEDED',
]);
const ROLES: readonly RoleName[] = ['user', 'contributor', 'node', 'guardian', 'admin'];
const AT_ONCE = 16;
const DAY_MS = 86_400_000;

interface Knock extends Caller {
  readonly who: string;
  readonly token?: string;
}

let server: TestServer;
let admin: Person;
let routes: string[];
beforeAll(async () => {
  server = await startServer({
    env: { ...ACCOUNT_SETTINGS, IMPORT_GENESIS: 'true', DATASET_WORK_BITS: '8' },
  });
  admin = await firstAdmin(server);
  const { body } = await call(server, 'GET', '/docs/json');
  const paths = body.paths as Record<string, Record<string, object>>;
  routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
});
afterAll(() => server?.stop());

async function setRoles(person: Person, roles: readonly RoleName[]): Promise<void> {
  const answer = await call(server, 'PATCH', `/api/accounts/${person.id}`, {
    token: admin.token,
    body: { roles },
  });
  expect(answer.status).toBe(200);
}

async function personWith(...roles: RoleName[]): Promise<Person> {
  const person = await register(server);
  await setRoles(person, roles);
  return person;
}

async function keyOf(person: Person, scopes: readonly Scope[], expiresAt?: number): Promise<string> {
  const { status, body } = await call(server, 'POST', '/auth/register', {
    token: person.token,
    body: { name: 'probe', scopes, expires_at: expiresAt },
  });
  expect([scopes, status]).toEqual([scopes, 201]);
  return String(body.key);
}

/** A call of a route that nothing can come of: no such thing, and a field that nothing knows. */
async function knock(route: string, token: string | undefined): Promise<{ status: number; code: unknown }> {
  const [method, path] = route.split(' ');
  const { status, body } = await call(server, method, path.replace(/\{\w+\}/g, 'probe'), {
    ...(token !== undefined && { token }),
    ...(method !== 'GET' && { body: { probe: 1 } }),
  });
  return { status, code: body.code };
}

/** The routes where what happens is not what the table says. */
async function leaks(caller: Knock, expected = (route: string) => mayPass(caller, ROUTE_RULES[route])) {
  const found: string[] = [];
  const left = [...routes];
  const work = async () => {
    for (let route = left.pop(); route !== undefined; route = left.pop()) {
      const { status, code } = await knock(route, caller.token);
      const passed = !DENIALS.has(String(code));
      if (passed !== expected(route) || status >= 500)
        found.push(`${caller.who}: ${route}: ${status} ${code}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

it('has decided about every route, and about none that is gone', () => {
  expect(routes.toSorted()).toEqual(Object.keys(ROUTE_RULES).toSorted());
});

it('lets every role do what the table says, and nothing else', async () => {
  expect(await leaks({ who: 'public', roles: ['public'], person: false })).toEqual([]);
  for (const role of ROLES) {
    const { token } = await personWith(role);
    expect(await leaks({ who: role, roles: ['user', role], person: true, token })).toEqual([]);
  }
});

it('lets a key do what its scope and its owner allow', async () => {
  const owner = await personWith('admin');
  const keys: Knock[] = [];
  for (const scope of SCOPES) {
    const token = await keyOf(owner, [scope]);
    keys.push({ who: `key ${scope}`, roles: ['user', 'admin'], scopes: [scope], person: false, token });
  }
  for (const key of keys) expect(await leaks(key)).toEqual([]);
  await setRoles(owner, []);
  for (const key of keys) expect(await leaks({ ...key, roles: ['user'] })).toEqual([]);
});

it('gives nobody a key for more than the own roles', async () => {
  const { token } = await register(server);
  for (const scope of SCOPES) {
    const { status } = await call(server, 'POST', '/auth/register', {
      token,
      body: { name: 'probe', scopes: [scope] },
    });
    const own = ['read', 'inference', 'tasks'].includes(scope);
    expect([scope, status]).toEqual([scope, own ? 201 : 403]);
  }
});

it('lets the operator’s own token do everything but what needs a person', async () => {
  const { stdout } = await runCommand(['keys', 'token'], { DATA_DIR: server.dataDir });
  const caller = { who: 'operator', roles: ['admin'] as const, person: false, token: stdout.trim() };
  expect(await leaks(caller)).toEqual([]);
});

it('lets nothing pass that was good once', async () => {
  const [signedOut, disabled, keyed] = [
    await register(server),
    await register(server),
    await register(server),
  ];
  const revoked = await keyOf(keyed, ['read']);
  const expired = await keyOf(keyed, ['read'], Date.now() + DAY_MS);
  const { body } = await call(server, 'GET', '/auth/keys', { token: keyed.token });
  const ids = (body.items as { id: string }[]).map(({ id }) => id);
  await call(server, 'POST', '/api/logout', { token: signedOut.token });
  await call(server, 'PATCH', `/api/accounts/${disabled.id}`, {
    token: admin.token,
    body: { disabled: true },
  });
  const revokedId = ids.find((id) => revoked.includes(id));
  await call(server, 'DELETE', `/auth/keys/${revokedId}`, { token: keyed.token });
  const expiredId = ids.find((id) => expired.includes(id));
  const database = new Client({ connectionString: String(server.databaseUrl) });
  await database.connect();
  await database.query(`UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = $1`, [
    expiredId,
  ]);
  await database.end();
  while ((await call(server, 'GET', '/api/me', { token: expired })).status === 200) continue;
  const forged = `${keyed.token.slice(0, -4)}AAAA`;
  const tokens = { signedOut: signedOut.token, disabled: disabled.token, revoked, expired, forged };
  for (const [who, token] of Object.entries(tokens))
    expect(await leaks({ who, roles: [], person: false, token }, () => false)).toEqual([]);
});

it('has decided whose every single thing is that more than guardians may touch', () => {
  const decided = [...Object.keys(OWNED_ROUTES), ...COMMON_ROUTES];
  expect(routesToDecide().filter((route) => !decided.includes(route))).toEqual([]);
  expect(decided.filter((route) => !Object.hasOwn(ROUTE_RULES, route))).toEqual([]);
});

describe('what belongs to an account', () => {
  let owner: Person;
  let stranger: Person;
  let things: OwnedThings;
  beforeAll(async () => {
    [owner, stranger] = [await personWith('contributor'), await personWith('contributor')];
    things = await ownedThings(server, owner);
  });

  /** How each route answers somebody: in the order of the table, one after the other. */
  async function answers({ token }: Person): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const route of Object.keys(OWNED_ROUTES)) {
      const { path, ...sent } = things.calls[route];
      const { status, body } = await call(server, route.split(' ')[0], path, { token, ...sent });
      found[route] = status >= 400 ? `${status} ${String(body.code)}` : String(status);
    }
    return found;
  }

  const expected = (who: 'owner' | 'stranger') =>
    Object.fromEntries(Object.entries(OWNED_ROUTES).map(([route, rule]) => [route, rule[who]]));

  it('is nothing to a stranger with the same roles, who knows its id', async () => {
    expect(Object.keys(things.calls).toSorted()).toEqual(Object.keys(OWNED_ROUTES).toSorted());
    expect(await answers(stranger)).toEqual(expected('stranger'));
    const evidence = async ({ token }: Person) =>
      (await call(server, 'GET', `/v1/receipts/${things.receipt}`, { token })).body.evidence;
    expect(await evidence(stranger)).toBeNull();
    expect(await evidence(owner)).not.toBeNull();
    expect((await call(server, 'GET', '/api/me', { token: things.key })).body.subject).toBe(owner.id);
    const { body } = await call(server, 'GET', '/auth/wallet', { token: owner.token });
    expect(body.items).toEqual([things.wallet]);
  });

  it('is there for its owner, afterwards as before', async () => {
    expect(await answers(owner)).toEqual(expected('owner'));
    expect((await call(server, 'GET', '/api/me', { token: things.key })).body.code).toBe('API_KEY_INVALID');
    const { body } = await call(server, 'GET', '/auth/wallet', { token: owner.token });
    expect(body.items).toEqual([]);
  });
});
