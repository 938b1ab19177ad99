import { requestJson, send, withQuery } from './client.js';

/** An account as the API shows it; `created_at` is ms since the epoch. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly string[];
  readonly tier: string;
  readonly disabled: boolean;
  readonly created_at: number;
}

/** `GET /api/me`: who this browser is to the server. */
export interface Me {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly account: Account | null;
  readonly single_user: boolean;
  readonly registration: 'open' | 'closed';
}

/** A place where the account is signed in. */
export interface Session {
  readonly id: string;
  readonly address: string;
  readonly client: string;
  readonly created_at: number;
  readonly used_at: number;
  readonly current: boolean;
}

/** A key for programs, without its secret. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly used_at: number | null;
}

/** What an admin changes of an account. */
export interface AccountChange {
  readonly roles?: readonly string[];
  readonly tier?: string;
  readonly disabled?: boolean;
}

interface List<T> {
  readonly items: T[];
}

/** Who this browser is. */
export function getMe(signal?: AbortSignal): Promise<Me> {
  return requestJson('/api/me', { signal });
}

/** Changes the password; other sessions end. @param current null for an account that has none */
export async function changePassword(current: string | null, next: string): Promise<void> {
  const body = current === null ? { next } : { current, next };
  await send('/api/me/password', { method: 'PATCH', body });
}

/** Where the account is signed in. */
export async function listSessions(signal?: AbortSignal): Promise<Session[]> {
  return (await requestJson<List<Session>>('/api/me/sessions', { signal })).items;
}

/** Ends one session. */
export async function endSession(id: string): Promise<void> {
  await send(`/api/me/sessions/${id}`, { method: 'DELETE' });
}

/** The keys of the account. */
export async function listKeys(signal?: AbortSignal): Promise<ApiKey[]> {
  return (await requestJson<List<ApiKey>>('/auth/keys', { signal })).items;
}

/** Makes a key. @returns the only copy there will be */
export async function createKey(
  name: string,
  scopes: readonly string[],
  expiresAt: number | null,
): Promise<string> {
  const body = { name, scopes, expires_at: expiresAt };
  return (await requestJson<{ key: string }>('/auth/register', { method: 'POST', body })).key;
}

/** Revokes a key at once. */
export async function revokeKey(id: string): Promise<void> {
  await send(`/auth/keys/${id}`, { method: 'DELETE' });
}

/** The wallets that open the account. */
export async function listWallets(signal?: AbortSignal): Promise<string[]> {
  return (await requestJson<List<string>>('/auth/wallet', { signal })).items;
}

/** Stops a wallet from opening the account. */
export async function unlinkWallet(address: string): Promise<void> {
  await send(`/auth/wallet/${address}`, { method: 'DELETE' });
}

/** A link with which somebody sets a new password for an account, for admins. @returns the whole link, which works once */
export async function createPasswordLink(id: string): Promise<string> {
  const made = await requestJson<{ path: string }>(`/api/accounts/${id}/password-link`, { method: 'POST' });
  return `${globalThis.location.origin}${made.path}`;
}

/** A page of all accounts by name, for admins. */
export function listAccounts(
  cursor: string | null,
  signal?: AbortSignal,
): Promise<{ items: Account[]; next_cursor: string | null }> {
  return requestJson(withQuery('/api/accounts', { cursor }), { signal });
}

/** Changes an account, for admins. */
export function changeAccount(id: string, change: AccountChange): Promise<Account> {
  return requestJson(`/api/accounts/${id}`, { method: 'PATCH', body: change });
}
