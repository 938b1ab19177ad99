import type { Scope } from '../scopes.js';

/** What a row of `api_keys` holds that may leave the database. */
export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: Scope[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly used_at: Date | null;
}

/** A key as its owner sees it; times are ms since the epoch. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly used_at: number | null;
}

/** A row for its owner. */
export function keyView(row: ApiKeyRow): ApiKeyView {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    created_at: row.created_at.getTime(),
    expires_at: row.expires_at?.getTime() ?? null,
    used_at: row.used_at?.getTime() ?? null,
  };
}
