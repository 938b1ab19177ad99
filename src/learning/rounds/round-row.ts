import type { ToldFigures } from './aggregate-round.js';
import type { RoundState } from './states.js';
import type { RoundTerms } from './terms.js';

/** What was made of all updates. Members are named as in JSON. */
export interface RoundOutcome {
  /** SHA-256 of the aggregate as little-endian float32. */
  readonly aggregate: string;
  readonly blocks: readonly {
    readonly name: string;
    readonly parent: string;
    readonly payload_hash: string;
    readonly payload_size: number;
  }[];
  /** Whose updates are in it, in the order in which they were combined. */
  readonly members: readonly (ToldFigures & { readonly author: string; readonly update: string })[];
  /** Members who have committed and not shown what they committed to, or something that was refused. */
  readonly absent: readonly string[];
  /** ms since the epoch. */
  readonly at: number;
}

/** A round as stored. */
export interface RoundRow {
  readonly id: string;
  /** Grows with every round. */
  readonly position: string;
  /** The account that announced it. */
  readonly account: string;
  readonly terms: RoundTerms;
  /** SHA-256 of the seed of its noise; null where it is not private. */
  readonly noise: string | null;
  readonly state: RoundState;
  /** When the state ends at the latest. */
  readonly dueAt: Date;
  /** Whether that time is over, by the database's clock; it stays so while what follows is tried again. */
  readonly isOver: boolean;
  readonly outcome: RoundOutcome | null;
  /** What the result is judged as. */
  readonly submission: string | null;
  readonly code: string | null;
  readonly detail: string | null;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly counts: { readonly members: number; readonly committed: number; readonly revealed: number };
}

/** A member of a round, without what was shown. */
export interface MemberRow {
  readonly author: string;
  readonly account: string;
  readonly joinedAt: Date;
  readonly commitment: string | null;
  readonly committedAt: Date | null;
  /** SHA-256 of the compressed update; null before it was shown. */
  readonly update: string | null;
  readonly bytes: number | null;
  readonly revealedAt: Date | null;
  /** Why what was shown was refused for good. */
  readonly code: string | null;
}

/** Columns of a round `r`. */
export const ROUND_COLUMNS = `r.id, r.position, r.account, r.terms, r.noise, r.state, r.due_at, r.due_at <= clock_timestamp() OR r.attempts > 0 AS is_over, r.outcome, r.submission,
  r.code, r.detail, r.attempts, r.created_at, r.updated_at,
  (SELECT count(*) FROM learning_round_members m WHERE m.round = r.id) AS members,
  (SELECT count(*) FROM learning_round_members m WHERE m.round = r.id AND m.commitment IS NOT NULL) AS committed,
  (SELECT count(*) FROM learning_round_members m WHERE m.round = r.id AND m.update_hash IS NOT NULL) AS revealed`;

/** Columns of a member. */
export const MEMBER_COLUMNS = `author, account, joined_at, commitment, committed_at, update_hash, update_size, revealed_at, code`;

/** A row as PostgreSQL gives it. */
export type Columns = Readonly<Record<string, string | number | boolean | Date | null>>;

/** Reads a row of `ROUND_COLUMNS`. */
export function roundRow(row: Columns): RoundRow {
  const word = (name: string) => (row[name] === null ? null : String(row[name]));
  return {
    ...{ id: String(row.id), position: String(row.position), account: String(row.account) },
    terms: JSON.parse(String(row.terms)) as RoundTerms,
    noise: word('noise'),
    ...{ state: row.state as RoundState, dueAt: row.due_at as Date, isOver: row.is_over === true },
    outcome: row.outcome === null ? null : (JSON.parse(String(row.outcome)) as RoundOutcome),
    ...{ submission: word('submission'), code: word('code'), detail: word('detail') },
    attempts: Number(row.attempts),
    ...{ createdAt: row.created_at as Date, updatedAt: row.updated_at as Date },
    counts: {
      ...{ members: Number(row.members), committed: Number(row.committed), revealed: Number(row.revealed) },
    },
  };
}

/** Reads a row of `MEMBER_COLUMNS`. */
export function memberRow(row: Columns): MemberRow {
  const word = (name: string) => (row[name] === null ? null : String(row[name]));
  return {
    ...{ author: String(row.author), account: String(row.account), joinedAt: row.joined_at as Date },
    ...{ commitment: word('commitment'), committedAt: row.committed_at as Date | null },
    ...{ update: word('update_hash'), bytes: row.update_size === null ? null : Number(row.update_size) },
    ...{ revealedAt: row.revealed_at as Date | null, code: word('code') },
  };
}
