import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { FreshCache } from '../../common/fresh-cache.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { Transactions } from '../../database/index.js';
import { AccountJournal, randomId, randomSecret, type Tier } from '../accounts/index.js';
import type { Identity } from '../identity.js';
import type { RoleName } from '../roles.js';
import type { Scope } from '../scopes.js';
import { SessionCheck } from '../sessions/index.js';
import { keyView, type ApiKeyRow, type ApiKeyView } from './api-key-view.js';

const SHAPE = /^stk_([a-z2-7]{26})_([A-Za-z0-9_-]{43})$/;
/** Keys of one account that are not revoked. */
const MOST_KEYS = 100;
/** How long another replica may still take a revoked key. In this process it is refused at once. */
const FRESH_MS = 5_000;
const MOST_CACHED = 10_000;

interface LiveKey {
  readonly hash: string;
  /** When it stops to count, ms since the epoch. */
  readonly expiresAt: number;
  readonly identity: Identity;
  /** Whether its last use was written down more than a minute ago, or never. */
  stale: boolean;
}

/** What somebody wants of a new key. */
export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** ms since the epoch; null for a key that does not expire. */
  readonly expiresAt: number | null;
}

/** Keys for programs: shown once, kept as SHA-256 (they are random, so a slow hash would protect nothing). */
@Injectable()
export class ApiKeys {
  private readonly cache = new FreshCache((id) => this.load(id), { freshMs: FRESH_MS, most: MOST_CACHED });

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly journal: AccountJournal,
    sessions: SessionCheck,
  ) {
    sessions.onForget(() => this.cache.clear());
  }

  /** Whether a bearer token says that it is an API key. */
  static looksLikeOne(token: string): boolean {
    return token.startsWith('stk_');
  }

  /** Makes a key. @returns the key itself, never to be had again, and how it is listed. Refusal: API_KEYS_TOO_MANY. */
  issue(account: string, wanted: NewApiKey): Promise<Result<{ key: string; view: ApiKeyView }>> {
    const id = randomId('stk').slice(4);
    const key = `stk_${id}_${randomSecret()}`;
    return this.transactions.run(async (manager) => {
      // The owner's row is held, so that two at once cannot both take the last place.
      await manager.query('SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE', [account]);
      const [{ count }] = await manager.query<{ count: string }[]>(
        'SELECT count(*) FROM api_keys WHERE account_id = $1 AND revoked_at IS NULL',
        [account],
      );
      if (Number(count) >= MOST_KEYS)
        return err(new CodedError('API_KEYS_TOO_MANY', `An account has at most ${MOST_KEYS} keys.`, {}, 409));
      const { name, scopes, expiresAt } = wanted;
      const [row] = await manager.query<ApiKeyRow[]>(
        `INSERT INTO api_keys (id, account_id, name, secret_hash, scopes, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id, name, scopes, created_at, expires_at, used_at`,
        [id, account, name, nativeSha256Hex(key), scopes, expiresAt === null ? null : new Date(expiresAt)],
      );
      const data = { key: id, scopes };
      await this.journal.append(manager, { kind: 'account.key_issued', account, actor: account, data });
      return ok({ key, view: keyView(row) });
    });
  }

  /** The keys of an account that are not revoked, newest first. */
  async list(account: string): Promise<ApiKeyView[]> {
    const rows = await this.dataSource.query<ApiKeyRow[]>(
      `SELECT id, name, scopes, created_at, expires_at, used_at FROM api_keys
       WHERE account_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT $2`,
      [account, MOST_KEYS],
    );
    return rows.map(keyView);
  }

  /** Ends a key for good. @returns whether the account had it */
  async revoke(account: string, id: string): Promise<boolean> {
    const revoked = await this.transactions.run(async (manager) => {
      const [, count] = await manager.query<[unknown[], number]>(
        'UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND account_id = $2 AND revoked_at IS NULL',
        [id, account],
      );
      if (count === 0) return false;
      const data = { key: id };
      await this.journal.append(manager, { kind: 'account.key_revoked', account, actor: account, data });
      return true;
    });
    this.cache.clear();
    return revoked;
  }

  /** Who a key speaks for: its owner as he is now, within the key's scopes. Null when it is worthless. */
  async identify(key: string): Promise<Identity | null> {
    const [, id] = SHAPE.exec(key) ?? [];
    if (id === undefined) return null;
    const known = await this.cache.get(id);
    if (known === null || known.expiresAt <= Date.now()) return null;
    const same = timingSafeEqual(Buffer.from(known.hash), Buffer.from(nativeSha256Hex(key)));
    if (!same) return null;
    await this.stamp(id, known);
    return known.identity;
  }

  /** Writes down that a key was used, which only its secret proves. */
  private async stamp(id: string, known: LiveKey): Promise<void> {
    if (!known.stale) return;
    known.stale = false;
    await this.dataSource.query('UPDATE api_keys SET used_at = now() WHERE id = $1', [id]);
  }

  private async load(id: string): Promise<LiveKey | null> {
    const [row] = await this.dataSource.query<
      {
        secret_hash: string;
        scopes: Scope[];
        expires_at: Date | null;
        stale: boolean;
        account_id: string;
        name: string;
        roles: RoleName[];
        tier: Tier;
      }[]
    >(
      `SELECT secret_hash, scopes, expires_at, account_id, accounts.name, roles, tier,
         used_at IS NULL OR used_at < now() - interval '1 minute' AS stale
       FROM api_keys JOIN accounts ON accounts.id = account_id
       WHERE api_keys.id = $1 AND revoked_at IS NULL AND NOT disabled`,
      [id],
    );
    if (row === undefined) return null;
    const { account_id: subject, name, roles, tier, scopes, stale } = row;
    const expiresAt = row.expires_at?.getTime() ?? Infinity;
    const identity = { subject, name, roles, tier, scopes, key: id };
    return { hash: row.secret_hash, expiresAt, identity, stale };
  }
}
