import { answerOnce, runCommand, startServer, type TestServer } from '../support/index.js';
import {
  ACCOUNT_SETTINGS,
  call,
  firstAdmin,
  register,
  setupToken,
  tokensIn,
  type Person,
} from '../support/accounts.js';

let server: TestServer;
let admin: Person;
beforeAll(async () => {
  server = await startServer({ env: ACCOUNT_SETTINGS });
  admin = await firstAdmin(server);
});
afterAll(() => server?.stop());

const login = (name: string, password: string) =>
  call(server, 'POST', '/api/login', { body: { name, password } });
const refresh = (token: string) => call(server, 'POST', '/api/refresh', { body: { refresh_token: token } });
const me = (token: string) => call(server, 'GET', '/api/me', { token });

/** The kinds of what the log says about an account, oldest first. */
async function logged(id: string): Promise<string[]> {
  const { body } = await call(server, 'GET', `/log/entries?subject=${id}`);
  return (body.items as { kind: string }[]).map(({ kind }) => kind).reverse();
}

/** Waits until the log says this much about an account. */
async function untilLogged(id: string, kinds: readonly string[]): Promise<void> {
  const enough = (seen: readonly string[]) => seen.length >= kinds.length;
  expect(await answerOnce(() => logged(id), enough)).toEqual(kinds);
}

describe('accounts', () => {
  it('registers, signs in, and says who is there', async () => {
    const anna = await register(server, 'Anna.K');
    expect((await me(anna.token)).body).toMatchObject({
      subject: anna.id,
      roles: ['user'],
      account: { name: 'Anna.K', tier: 'newbie', disabled: false },
      single_user: false,
    });
    expect((await login('ANNA.K', anna.password)).body).toMatchObject({ account: { id: anna.id } });
    const wrong = await login('Anna.K', 'wrong password');
    const nobody = await login('nobody', 'wrong password');
    expect([wrong.status, wrong.body.code]).toEqual([401, 'LOGIN_REFUSED']);
    expect([nobody.status, nobody.body.code, nobody.body.detail]).toEqual([
      401,
      'LOGIN_REFUSED',
      wrong.body.detail,
    ]);
    expect((await call(server, 'GET', '/api/me')).body).toMatchObject({
      subject: 'anonymous',
      account: null,
    });
    await untilLogged(anna.id, ['account.created']);
  });

  it('gives a name to one of two who want it at once', async () => {
    const attempts = Array.from({ length: 5 }, (_, i) =>
      call(server, 'POST', '/api/register', {
        body: { name: i % 2 === 0 ? 'Twin' : 'twin', password: 'a long password' },
      }),
    );
    const statuses = (await Promise.all(attempts)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 409, 409, 409, 409]);
  });

  it('changes the password, ends the other sessions at once and keeps this one', async () => {
    const person = await register(server);
    const other = tokensIn(await login(person.name, person.password));
    const change = (current: string, next: string) =>
      call(server, 'PATCH', '/api/me/password', { token: person.token, body: { current, next } });
    expect((await change('not this one', 'another password')).body.code).toBe('PASSWORD_WRONG');
    expect((await me(other.token)).status).toBe(200);
    expect((await change(person.password, 'another password')).status).toBe(204);
    expect((await me(other.token)).status).toBe(401);
    expect((await me(person.token)).status).toBe(200);
    expect((await login(person.name, person.password)).status).toBe(401);
    expect((await login(person.name, 'another password')).status).toBe(200);
    await untilLogged(person.id, ['account.created', 'account.password_changed']);
  });

  it('gets back in with a link of an admin, once, and is signed out everywhere else', async () => {
    const person = await register(server);
    const issue = (name: string) =>
      runCommand(['--json', 'admin', 'password', '--name', name], { DATA_DIR: server.dataDir });
    const token = (output: string) => /#token=([\w-]{43})/.exec(output)?.[1] ?? '';
    const replaced = token((await issue(person.name)).stdout);
    const link = token((await issue(person.name.toUpperCase())).stdout);
    expect((await issue('nobody')).stdout).toContain('ACCOUNT_UNKNOWN');
    const renew = (wanted: string, password = 'a new password') =>
      call(server, 'POST', '/api/password', { body: { token: wanted, password } });
    expect((await renew(replaced)).body.code).toBe('PASSWORD_LINK_INVALID');
    expect((await renew(link, 'short')).body.code).toBe('VALIDATION_FAILED');
    const answers = await Promise.all([renew(link), renew(link)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await me(person.token)).status).toBe(401);
    expect((await login(person.name, person.password)).status).toBe(401);
    expect((await login(person.name, 'a new password')).status).toBe(200);
    await untilLogged(person.id, [
      'account.created',
      'account.password_link_issued',
      'account.password_link_issued',
      'account.password_changed',
    ]);
  });

  it('opens no disabled account by a link, which stays good', async () => {
    const { id } = await register(server);
    const disable = (disabled: boolean) =>
      call(server, 'PATCH', `/api/accounts/${id}`, { token: admin.token, body: { disabled } });
    await disable(true);
    const { body } = await call(server, 'POST', `/api/accounts/${id}/password-link`, { token: admin.token });
    const renew = () =>
      call(server, 'POST', '/api/password', { body: { token: body.token, password: 'a new password' } });
    expect((await renew()).body.code).toBe('ACCOUNT_DISABLED');
    await disable(false);
    expect((await renew()).status).toBe(200);
  });

  it('signs out here, or everywhere, at once', async () => {
    const person = await register(server);
    const second = tokensIn(await login(person.name, person.password));
    const third = tokensIn(await login(person.name, person.password));
    const logout = (token: string, body?: object) => call(server, 'POST', '/api/logout', { token, body });
    expect((await logout(person.token)).status).toBe(204);
    expect((await me(person.token)).body.code).toBe('TOKEN_INVALID');
    expect((await refresh(person.refresh)).body.code).toBe('REFRESH_INVALID');
    expect((await me(second.token)).status).toBe(200);
    expect((await logout(second.token, { everywhere: true })).status).toBe(204);
    expect((await me(third.token)).status).toBe(401);
  });

  it('lists sessions and ends one', async () => {
    const person = await register(server);
    await login(person.name, person.password);
    const list = async () =>
      (await call(server, 'GET', '/api/me/sessions', { token: person.token })).body.items as {
        id: string;
        current: boolean;
      }[];
    const [there] = (await list()).filter(({ current }) => !current);
    expect(await list()).toHaveLength(2);
    const end = (token: string) => call(server, 'DELETE', `/api/me/sessions/${there.id}`, { token });
    expect((await end(admin.token)).body.code).toBe('SESSION_UNKNOWN');
    expect((await end(person.token)).status).toBe(204);
    expect((await list()).map(({ current }) => current)).toEqual([true]);
  });
});

describe('refresh', () => {
  it('works once; used again later, the whole family ends', async () => {
    const person = await register(server);
    const first = tokensIn(await refresh(person.refresh));
    const second = tokensIn(await refresh(first.refresh));
    expect((await me(second.token)).status).toBe(200);
    expect((await refresh(person.refresh)).body.code).toBe('REFRESH_REUSED');
    expect((await me(second.token)).status).toBe(401);
    expect((await refresh(second.refresh)).body.code).toBe('REFRESH_INVALID');
    await untilLogged(person.id, ['account.created', 'account.refresh_reused']);
  });

  it('gives two tabs that ask at once the same successor', async () => {
    const person = await register(server);
    const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(person.refresh)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect((await refresh(tokensIn(answers[0]).refresh)).status).toBe(200);
  });

  it('travels in a cookie that scripts cannot read, for browsers', async () => {
    const { name, password } = await register(server);
    const entered = await call(server, 'POST', '/api/login', { body: { name, password, cookie: true } });
    expect(entered.body).not.toHaveProperty('refresh_token');
    const cookie = entered.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^stemma_refresh=[\w-]{43}; Path=\/api; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
    );
    const again = await call(server, 'POST', '/api/refresh', { headers: { cookie: cookie.split(';')[0] } });
    expect(again.status).toBe(200);
    expect(again.body).not.toHaveProperty('refresh_token');
    expect(again.headers.get('set-cookie')).not.toBe(cookie);
    const foreign = { cookie: cookie.split(';')[0], origin: 'https://evil.example' };
    expect((await call(server, 'POST', '/api/refresh', { headers: foreign })).status).toBe(403);
  });
});

describe('admins', () => {
  it('are made by a link that works once', async () => {
    const body = { token: await setupToken(server), name: 'second', password: 'a long password' };
    expect((await call(server, 'POST', '/api/setup', { body })).body.code).toBe('SETUP_TOKEN_INVALID');
    expect((await me(admin.token)).body.roles).toEqual(['user', 'admin']);
  });

  it('give and take roles, which count for tokens that are out already', async () => {
    const person = await register(server);
    const list = (token: string) => call(server, 'GET', '/api/accounts', { token });
    const patch = (body: object) =>
      call(server, 'PATCH', `/api/accounts/${person.id}`, { token: admin.token, body });
    expect((await list(person.token)).status).toBe(403);
    expect((await patch({ roles: ['admin'], tier: 'trusted' })).body).toMatchObject({
      roles: ['user', 'admin'],
      tier: 'trusted',
    });
    expect((await list(person.token)).status).toBe(200);
    await patch({ roles: [] });
    await patch({ roles: [] });
    expect((await list(person.token)).status).toBe(403);
    await patch({ disabled: true });
    expect((await me(person.token)).status).toBe(401);
    expect((await login(person.name, person.password)).body.code).toBe('ACCOUNT_DISABLED');
    await untilLogged(person.id, ['account.created', ...Array<string>(3).fill('account.changed')]);
  });

  it('cannot all be gone, also when two demote each other at once', async () => {
    const other = await register(server);
    const patch = (token: string, id: string, roles: string[]) =>
      call(server, 'PATCH', `/api/accounts/${id}`, { token, body: { roles } });
    expect((await patch(admin.token, admin.id, [])).body.code).toBe('LAST_ADMIN');
    await patch(admin.token, other.id, ['admin']);
    const answers = await Promise.all([patch(admin.token, other.id, []), patch(other.token, admin.id, [])]);
    expect(answers.map(({ status }) => status).sort()).not.toEqual([200, 200]);
    const { body } = await me(admin.token);
    if (!(body.roles as string[]).includes('admin')) await patch(other.token, admin.id, ['admin']);
    await patch(admin.token, other.id, []);
    expect((await me(admin.token)).body.roles).toEqual(['user', 'admin']);
  });

  it('fill accounts for answers under their id, whichever name is given, and no others', async () => {
    const anna = await register(server, 'Rich.Anna');
    const env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), ...ACCOUNT_SETTINGS };
    const deposit = async (...options: readonly string[]) => {
      const { code, stdout } = await runCommand(['rewards', 'deposit', '1', '--json', ...options], env);
      return [code, (JSON.parse(stdout) as { error: { code: string } }).error.code];
    };
    // What is signed is right; the key has earned nothing.
    for (const name of ['rich.anna', anna.id])
      expect(await deposit('--account', name)).toEqual([1, 'DEPOSIT_EXCEEDS_BALANCE']);
    expect(await deposit('--account', 'nobody')).toEqual([1, 'DEPOSIT_ACCOUNT_UNKNOWN']);
    expect(await deposit('--account', 'local')).toEqual([1, 'DEPOSIT_ACCOUNT_UNKNOWN']);
    expect(await deposit()).toEqual([expect.any(Number), 'USAGE']);
  });

  it('page through the accounts by name', async () => {
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await call(server, 'GET', `/api/accounts?limit=3${query}`, { token: admin.token });
      names.push(...(body.items as { name: string }[]).map(({ name }) => name));
      cursor = body.next_cursor as string | null;
    }
    expect(names.length).toBeGreaterThan(6);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('Anna.K');
  });
});
