import { jest } from '@jest/globals';
import { accessToken } from './access.js';
import { closeSession, freshAccessToken, openSession } from './session.js';

const asked: string[] = [];
let answer: (path: string) => Response;
const signedIn = (token: string, seconds: number) =>
  Response.json({ access_token: token, expires_in: seconds });

beforeEach(() => {
  asked.length = 0;
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  Object.assign(globalThis, { localStorage: storage, sessionStorage: storage });
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (path) => {
    asked.push(String(path));
    return answer(String(path));
  });
});
afterEach(async () => {
  answer = () => new Response(null, { status: 204 });
  await closeSession(false);
  jest.restoreAllMocks();
});

describe('the session of a browser', () => {
  it('asks nothing of the server when nobody has signed in', async () => {
    expect(await freshAccessToken()).toBeNull();
    expect(asked).toEqual([]);
  });

  it('keeps its token until shortly before the end, then renews it once for all who ask', async () => {
    answer = () => signedIn('first', 900);
    await openSession('/api/login', { name: 'a', password: 'b' });
    expect(await freshAccessToken()).toBe('first');
    answer = () => signedIn('short', 20);
    await openSession('/api/login', { name: 'a', password: 'b' });
    answer = () => signedIn('second', 900);
    const tokens = await Promise.all([freshAccessToken(), freshAccessToken(), freshAccessToken()]);
    expect(tokens).toEqual(['second', 'second', 'second']);
    expect(asked).toEqual(['/api/login', '/api/login', '/api/refresh']);
  });

  it('is over when the server says so, and goes on when the server is away', async () => {
    answer = () => signedIn('short', 20);
    await openSession('/api/login', {});
    answer = () => new Response(null, { status: 503 });
    expect(await freshAccessToken()).toBe('short');
    answer = () => Response.json({ code: 'REFRESH_INVALID' }, { status: 401 });
    expect(await freshAccessToken()).toBeNull();
    const before = asked.length;
    expect(await freshAccessToken()).toBeNull();
    expect(asked).toHaveLength(before);
  });

  it('is forgotten at sign-out', async () => {
    answer = () => signedIn('first', 900);
    await openSession('/api/login', {});
    answer = () => new Response(null, { status: 204 });
    await closeSession(true);
    expect(accessToken()).toBeNull();
  });
});
