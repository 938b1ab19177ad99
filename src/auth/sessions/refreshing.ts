import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { NodeKeys } from '../../keys/index.js';
import { AccountJournal } from '../accounts/index.js';
import { SessionCheck } from './session-check.js';
import { successorOf } from './successor.js';
import type { OpenedSession } from './sessions.js';

/** How long a token that was just used may ask again: a second tab, or an answer that got lost on the way. */
const GRACE_SECONDS = 10;

interface TokenRow {
  readonly session_id: string;
  readonly account_id: string;
  readonly live: boolean;
  readonly used: boolean;
  readonly recent: boolean;
}

/** What a refresh token turns into. */
export interface Refreshed extends OpenedSession {
  readonly account: string;
}

/**
 * Refresh tokens that work once. Each use makes a successor; a used one that comes back means that two hold the same
 * secret, so the whole family ends (RFC 9700, section 4.14). Only a repetition within seconds, while nobody has used the
 * successor, gets that same successor again.
 */
@Injectable()
export class Refreshing {
  private readonly logger = new Logger('Auth');

  constructor(
    private readonly config: AppConfig,
    private readonly keys: NodeKeys,
    private readonly transactions: Transactions,
    private readonly journal: AccountJournal,
    private readonly check: SessionCheck,
  ) {}

  /** Rotates a token. Refusals: REFRESH_INVALID (unknown, ended, expired), REFRESH_REUSED. */
  async refresh(token: string): Promise<Result<Refreshed>> {
    const next = successorOf(token, this.keys.tokenSecret);
    const result = await this.transactions.run((manager) => this.rotate(manager, token, next));
    if (!result.ok && result.error.code === 'REFRESH_REUSED') {
      this.check.forget();
      this.logger.warn('a refresh token was used twice; its session was ended');
    }
    return result;
  }

  private async rotate(manager: EntityManager, token: string, next: string): Promise<Result<Refreshed>> {
    const hash = nativeSha256Hex(token);
    const row = await lockToken(manager, hash);
    if (row === null || !row.live)
      return err(new CodedError('REFRESH_INVALID', 'Sign in again: this session has ended.', {}, 401));
    const { session_id: id, account_id: account } = row;
    const answer = ok({ id, account, refreshToken: next });
    if (!row.used) {
      await this.replace(manager, hash, nativeSha256Hex(next), id);
      return answer;
    }
    if (row.recent && (await isUnused(manager, nativeSha256Hex(next)))) return answer;
    await this.endFamily(manager, account, id);
    return err(
      new CodedError('REFRESH_REUSED', 'This refresh token was used before; sign in again.', {}, 401),
    );
  }

  private async replace(manager: EntityManager, used: string, next: string, session: string): Promise<void> {
    await manager.query('UPDATE refresh_tokens SET used_at = now() WHERE hash = $1', [used]);
    await manager.query('INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)', [next, session]);
    await manager.query(
      'UPDATE sessions SET used_at = now(), expires_at = now() + make_interval(days => $2) WHERE id = $1',
      [session, this.config.sessionDays],
    );
  }

  private async endFamily(manager: EntityManager, account: string, session: string): Promise<void> {
    await manager.query('UPDATE sessions SET ended_at = now() WHERE id = $1', [session]);
    await this.journal.append(manager, { kind: 'account.refresh_reused', account, actor: account });
  }
}

/** The row of a token, held until the transaction ends, so that two uses at once come one after the other. */
async function lockToken(manager: EntityManager, hash: string): Promise<TokenRow | null> {
  const [row] = await manager.query<TokenRow[]>(
    `SELECT session_id, account_id, ended_at IS NULL AND expires_at > now() AND NOT disabled AS live,
       refresh_tokens.used_at IS NOT NULL AS used,
       coalesce(refresh_tokens.used_at > now() - make_interval(secs => $2), false) AS recent
     FROM refresh_tokens
       JOIN sessions ON sessions.id = session_id
       JOIN accounts ON accounts.id = account_id
     WHERE hash = $1 FOR UPDATE OF refresh_tokens`,
    [hash, GRACE_SECONDS],
  );
  return row ?? null;
}

async function isUnused(manager: EntityManager, hash: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(
    'SELECT 1 FROM refresh_tokens WHERE hash = $1 AND used_at IS NULL',
    [hash],
  );
  return rows.length > 0;
}
