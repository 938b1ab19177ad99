import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { AccountJournal, randomId, randomSecret } from '../accounts/index.js';
import { SessionCheck } from './session-check.js';

/** Live sessions of one account; a new one ends the one that was unused for longest. */
const MOST_SESSIONS = 50;
const LONGEST_CLIENT = 200;

/** Where a session was opened. */
export interface SessionOrigin {
  /** Network address, `addressGroup` of it. */
  readonly address: string;
  /** What the client calls itself (`User-Agent`). */
  readonly client: string;
}

/** A session and the secret that prolongs it. */
export interface OpenedSession {
  readonly id: string;
  readonly refreshToken: string;
}

/** A session as its owner sees it; times are ms since the epoch. */
export interface SessionView {
  readonly id: string;
  readonly address: string;
  readonly client: string;
  readonly created_at: number;
  readonly used_at: number;
}

/** Sign-ins that last: each has a family of refresh tokens of which only the newest is good. */
@Injectable()
export class Sessions {
  constructor(
    private readonly config: AppConfig,
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
    private readonly journal: AccountJournal,
    private readonly check: SessionCheck,
  ) {}

  /** Opens a session of an account. */
  async open(account: string, origin: SessionOrigin): Promise<OpenedSession> {
    return this.transactions.run((manager) => this.openWithin(manager, account, origin));
  }

  private async openWithin(
    manager: EntityManager,
    account: string,
    { address, client }: SessionOrigin,
  ): Promise<OpenedSession> {
    const opened = { id: randomId('ses'), refreshToken: randomSecret() };
    await manager.query(
      `INSERT INTO sessions (id, account_id, address, client, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(days => $5))`,
      [opened.id, account, address, client.slice(0, LONGEST_CLIENT), this.config.sessionDays],
    );
    await manager.query('INSERT INTO refresh_tokens (hash, session_id) VALUES ($1, $2)', [
      nativeSha256Hex(opened.refreshToken),
      opened.id,
    ]);
    await manager.query(
      `UPDATE sessions SET ended_at = now() WHERE id IN (
         SELECT id FROM sessions WHERE account_id = $1 AND ended_at IS NULL ORDER BY used_at DESC OFFSET $2)`,
      [account, MOST_SESSIONS],
    );
    return opened;
  }

  /** The live sessions of an account, last used first. */
  async list(account: string): Promise<SessionView[]> {
    const rows = await this.dataSource.query<
      { id: string; address: string; client: string; created_at: Date; used_at: Date }[]
    >(
      `SELECT id, address, client, created_at, used_at FROM sessions
       WHERE account_id = $1 AND ended_at IS NULL AND expires_at > now() ORDER BY used_at DESC, id LIMIT $2`,
      [account, MOST_SESSIONS],
    );
    return rows.map((row) => ({
      ...row,
      created_at: row.created_at.getTime(),
      used_at: row.used_at.getTime(),
    }));
  }

  /** Ends one session of an account. @returns whether it was open */
  async end(account: string, session: string): Promise<boolean> {
    const rows = await this.dataSource.query<[unknown[], number]>(
      'UPDATE sessions SET ended_at = now() WHERE id = $2 AND account_id = $1 AND ended_at IS NULL RETURNING id',
      [account, session],
    );
    this.check.forget();
    return rows[1] > 0;
  }

  /** Ends every session of an account, with one entry in the log. */
  async endAll(account: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      await endSessions(manager, account, null);
      await this.journal.append(manager, { kind: 'account.signed_out', account, actor: account });
    });
    this.check.forget();
  }
}

/** Ends the sessions of an account but `except`, in the caller's transaction. */
export async function endSessions(
  manager: EntityManager,
  account: string,
  except: string | null,
): Promise<void> {
  await manager.query(
    `UPDATE sessions SET ended_at = now()
     WHERE account_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $2`,
    [account, except],
  );
}
