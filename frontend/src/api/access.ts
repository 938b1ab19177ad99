const KEY = 'stemma.access-token';

let ofSession: string | null = null;
const watchers = new Set<() => void>();

/** The bearer token of this tab: of the session somebody signed in to, or one that was pasted. */
export function accessToken(): string | null {
  return ofSession ?? globalThis.sessionStorage?.getItem(KEY) ?? null;
}

/** Remembers a pasted token until the tab closes; an empty one forgets it. */
export function setAccessToken(token: string): void {
  if (token === '') globalThis.sessionStorage.removeItem(KEY);
  else globalThis.sessionStorage.setItem(KEY, token);
  for (const watcher of watchers) watcher();
}

/** Keeps the token of a session in memory only; null when nobody is signed in. */
export function setSessionToken(token: string | null): void {
  ofSession = token;
  for (const watcher of watchers) watcher();
}

/** Told whenever the token is another one, until the returned function is called. */
export function watchAccessToken(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
