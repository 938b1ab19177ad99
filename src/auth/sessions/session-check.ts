import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FreshCache } from '../../common/fresh-cache.js';
import type { Tier } from '../accounts/index.js';
import type { Identity } from '../identity.js';
import type { RoleName } from '../roles.js';
import { Batch } from './batch.js';

/** How long another replica may still let an ended session in. In this process it ends at once. */
const FRESH_MS = 5_000;
const MOST_SESSIONS = 10_000;
/** Sessions that one query asks for. */
const MOST_AT_ONCE = 500;

interface SessionRow {
  readonly id: string;
  readonly account_id: string;
  readonly name: string;
  readonly roles: RoleName[];
  readonly tier: Tier;
}

/** Whether the session of an access token still lives, and what its account may do now. */
@Injectable()
export class SessionCheck {
  private readonly batch = new Batch((ids) => this.load(ids), MOST_AT_ONCE);
  private readonly cache = new FreshCache((id) => this.batch.get(id), {
    freshMs: FRESH_MS,
    most: MOST_SESSIONS,
  });

  private readonly listeners: (() => void)[] = [];

  constructor(private readonly dataSource: DataSource) {}

  /** Tells of every change that must count at once, for others who remember accounts. */
  onForget(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Who a session speaks for; null when it ended or expired, or its account is disabled. */
  identify(sessionId: string): Promise<Identity | null> {
    return this.cache.get(sessionId);
  }

  /** Makes what was just changed count for the next request. */
  forget(): void {
    this.cache.clear();
    for (const listener of this.listeners) listener();
  }

  private async load(ids: readonly string[]): Promise<(Identity | null)[]> {
    const rows = await this.dataSource.query<SessionRow[]>(
      `SELECT sessions.id, account_id, name, roles, tier FROM sessions JOIN accounts ON accounts.id = account_id
       WHERE sessions.id = ANY($1) AND ended_at IS NULL AND expires_at > now() AND NOT disabled`,
      [ids],
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => identityOf(found.get(id)));
  }
}

function identityOf(row: SessionRow | undefined): Identity | null {
  if (row === undefined) return null;
  const { id: session, account_id: subject, name, roles, tier } = row;
  return { subject, roles, name, tier, session };
}
