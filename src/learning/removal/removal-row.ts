import type { Beacon } from '../beacon/beacon.js';
import type { RemovalEffect } from './removal-effect.js';
import type { RemovalState } from './states.js';

/** What somebody asks for: the live release of a model without some of its experts. Members are named as in JSON. */
export interface RemovalStatement {
  readonly version: 1;
  readonly model: string;
  /** Hash of the release that was live then. */
  readonly release: string;
  /** Names and blocks, in the order of their names. */
  readonly experts: readonly { readonly name: string; readonly block: string }[];
  readonly reason: string;
}

/** A removal as stored. */
export interface RemovalRow {
  readonly id: string;
  /** Grows with every removal. */
  readonly position: string;
  /** The account that asked. */
  readonly account: string;
  readonly statement: RemovalStatement;
  readonly state: RemovalState;
  readonly beacon: Beacon | null;
  readonly effect: RemovalEffect | null;
  readonly effectHash: string | null;
  /** The release without the experts, with its version. */
  readonly release: string | null;
  readonly version: string | null;
  /** The decision whether it goes live. */
  readonly decision: string | null;
  readonly code: string | null;
  readonly detail: string | null;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Columns in the order of a row. */
export const REMOVAL_COLUMNS = `id, position, account, statement, state, beacon, effect, effect_hash, release, version, decision,
  code, detail, attempts, created_at, updated_at`;

/** A row as the database gives it. */
export type RemovalColumns = Readonly<Record<string, unknown>>;

/** Reads a row. */
export function removalRow(columns: RemovalColumns): RemovalRow {
  const text = (name: string) => columns[name] as string | null;
  const json = <T>(name: string) => (text(name) === null ? null : (JSON.parse(String(columns[name])) as T));
  return {
    ...{ id: String(columns.id), position: String(columns.position), account: String(columns.account) },
    statement: JSON.parse(String(columns.statement)) as RemovalStatement,
    state: columns.state as RemovalState,
    ...{
      beacon: json<Beacon>('beacon'),
      effect: json<RemovalEffect>('effect'),
      effectHash: text('effect_hash'),
    },
    ...{ release: text('release'), version: text('version'), decision: text('decision') },
    ...{ code: text('code'), detail: text('detail'), attempts: Number(columns.attempts) },
    ...{ createdAt: columns.created_at as Date, updatedAt: columns.updated_at as Date },
  };
}
