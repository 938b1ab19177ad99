// Accounts of the tier `expert` on a server without single-user mode: for benchmarks whose calls are those of signed-in people.
import { randomUUID } from 'node:crypto';

/** Settings with which accounts are made quickly and no limit per address is in the way. */
export const ACCOUNT_SETTINGS = {
  SINGLE_USER: 'false',
  PASSWORD_MEMORY_KIB: '64',
  PASSWORD_PASSES: '1',
  RATE_LIMIT_ADDRESS: '1000000',
  RATE_LIMIT_NEWBIE: '1000000',
};

/** Calls the API; throws when the answer is not a good one. */
export async function call(url, method, path, { token, body } = {}) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Makes accounts by the link of the server's first start. @returns an access token of each */
export async function createAccounts(server, count) {
  const setup = /setup#token=([\w-]{43})/.exec(server.output())[1];
  const { access_token: admin } = await call(server.url, 'POST', '/api/setup', {
    body: { token: setup, name: 'root', password: randomUUID() },
  });
  const tokens = [];
  for (let i = 0; i < count; i++) {
    const body = { name: `client-${i}`, password: randomUUID() };
    const { id } = await call(server.url, 'POST', '/api/accounts', { token: admin, body });
    await call(server.url, 'PATCH', `/api/accounts/${id}`, { token: admin, body: { tier: 'expert' } });
    tokens.push((await call(server.url, 'POST', '/api/login', { body })).access_token);
  }
  return tokens;
}
