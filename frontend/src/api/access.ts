const KEY = 'stemma.access-token';

/** The bearer token of this tab, needed only where the server listens beyond loopback. */
export function accessToken(): string | null {
  return globalThis.sessionStorage?.getItem(KEY) ?? null;
}

/** Remembers the token until the tab closes; an empty one forgets it. */
export function setAccessToken(token: string): void {
  if (token === '') globalThis.sessionStorage.removeItem(KEY);
  else globalThis.sessionStorage.setItem(KEY, token);
}
