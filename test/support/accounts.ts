import { randomUUID } from 'node:crypto';
import { until } from './patience.js';
import type { TestServer } from './server.js';

/** What a test server with accounts is started with: open to sign-ins, cheap hashes, no limits in the way. */
export const ACCOUNT_SETTINGS = {
  SINGLE_USER: 'false',
  IMPORT_GENESIS: 'false',
  PASSWORD_MEMORY_KIB: '64',
  PASSWORD_PASSES: '1',
  RATE_LIMIT_NEWBIE: '1000000',
  RATE_LIMIT_ADDRESS: '1000000',
} as const;

/** Somebody who has signed in. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly token: string;
  readonly refresh: string;
}

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends JSON and reads JSON. */
export async function call(
  server: Pick<TestServer, 'url'>,
  method: string,
  path: string,
  { body, token, headers = {} }: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : { text }) as Answer['body'],
  };
}

/** The one-time token of the link that a first start prints, which may be a moment after it listens. */
export async function setupToken(server: TestServer): Promise<string> {
  const token = () => /setup#token=([A-Za-z0-9_-]{43})/.exec(server.output())?.[1];
  await until('the set-up link', () => token() !== undefined);
  return String(token());
}

/** The first admin of a server that was just started. */
export async function firstAdmin(server: TestServer): Promise<Person> {
  const password = randomUUID();
  const body = { token: await setupToken(server), name: 'root', password };
  return personIn(await call(server, 'POST', '/api/setup', { body }), password);
}

/** A new account, signed in. */
export async function register(
  server: Pick<TestServer, 'url'>,
  name = `user-${randomUUID().slice(0, 8)}`,
): Promise<Person> {
  const password = randomUUID();
  return personIn(await call(server, 'POST', '/api/register', { body: { name, password } }), password);
}

/** The tokens of an answer that opened or prolonged a session. */
export function tokensIn({ status, body }: Answer): { token: string; refresh: string } {
  if (status !== 200 && status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return { token: String(body.access_token), refresh: String(body.refresh_token) };
}

function personIn(answer: Answer, password: string): Person {
  const tokens = tokensIn(answer);
  return { ...(answer.body.account as { id: string; name: string }), password, ...tokens };
}
