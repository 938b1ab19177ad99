import { accessToken, setSessionToken } from './access.js';
import { Problem } from './problem.js';

/** That this browser has a refresh cookie, which scripts cannot see. */
const FLAG = 'stemma.signed-in';
/** How long before its end an access token is replaced. */
const MARGIN_MS = 30_000;

let expiresAt = 0;
let renewal: Promise<void> | null = null;

/** An access token that is good for a while yet; null when nobody is signed in. Renews the session where it must. */
export async function freshAccessToken(): Promise<string | null> {
  if (globalThis.localStorage?.getItem(FLAG) === '1' && Date.now() > expiresAt - MARGIN_MS) {
    renewal ??= renew().finally(() => (renewal = null));
    await renewal;
  }
  return accessToken();
}

/** Opens a session: signs in, registers, sets the server up. Throws the refusal as a `Problem`. */
export async function openSession(path: string, body: object): Promise<void> {
  const response = await post(path, { ...body, cookie: true });
  if (!response.ok) throw await Problem.fromResponse(response);
  await accept(response);
}

/** Ends the session of this browser, or all sessions of the account. */
export async function closeSession(everywhere: boolean): Promise<void> {
  const token = await freshAccessToken();
  const response = await post('/api/logout', { everywhere }, token);
  if (!response.ok && response.status !== 401) throw await Problem.fromResponse(response);
  forget();
}

/** A session that has ended is forgotten; a server that does not answer changes nothing. */
async function renew(): Promise<void> {
  const response = await post('/api/refresh').catch(() => null);
  if (response === null) return;
  if (response.ok) await accept(response);
  else if (response.status === 401 || response.status === 409) forget();
}

async function accept(response: Response): Promise<void> {
  const { access_token: token, expires_in: seconds } = (await response.json()) as {
    access_token: string;
    expires_in: number;
  };
  expiresAt = Date.now() + seconds * 1000;
  globalThis.localStorage.setItem(FLAG, '1');
  setSessionToken(token);
}

function forget(): void {
  globalThis.localStorage.removeItem(FLAG);
  expiresAt = 0;
  setSessionToken(null);
}

function post(path: string, body?: object, token: string | null = null): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== null && { authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch(() => {
    throw Problem.from(new TypeError('network'));
  });
}
