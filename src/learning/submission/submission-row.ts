import type { BlockHeader } from '../../chain/index.js';
import type { CheckOutcome } from '../checks/check-outcome.js';
import type { Beacon } from '../beacon/beacon.js';
import type { Verdict } from '../verdict/verdict.js';
import type { SubmissionState } from './states.js';
import type { SubmissionStatement } from './statement.js';

/** What a contributor was asked to show of a training. Members are named as in JSON. */
export interface AskedOpening {
  /** Updates that were drawn, ascending, from 0. */
  readonly updates: readonly number[];
  /** Updates of the training. */
  readonly of: number;
  /** Tokens of the drawn updates as a share of all: what the audit costs. */
  readonly share: number;
  /** Until when it has to be here, ms since the epoch. */
  readonly until: number;
}

/** A submission as stored, but for its manifest. */
export interface SubmissionRow {
  readonly id: string;
  /** Grows with every submission. */
  readonly position: string;
  /** The account that sent it. */
  readonly account: string;
  readonly model: string;
  readonly statement: SubmissionStatement;
  readonly signature: string;
  readonly headers: readonly BlockHeader[];
  readonly state: SubmissionState;
  readonly checks: readonly CheckOutcome[];
  readonly beacon: Beacon | null;
  /** Null where its training is not audited. */
  readonly opening: AskedOpening | null;
  readonly verdict: Verdict | null;
  readonly verdictHash: string | null;
  /** Hash of its block on chain D. */
  readonly verdictBlock: string | null;
  /** Hash of the release that holds its blocks, with its version. */
  readonly release: string | null;
  readonly version: string | null;
  /** The decision to make that release the live one. */
  readonly decision: string | null;
  readonly code: string | null;
  readonly detail: string | null;
  readonly attempts: number;
  /** When it began to wait for the decision about another one, the first time; null where it never has. */
  readonly waitingSince: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Columns of the table but the manifest. */
export const SUBMISSION_COLUMNS = `id, position, account, model, statement, signature, headers, state, checks, beacon, opening, verdict,
  verdict_hash, verdict_block, release, version, decision, code, detail, attempts, waiting_since, created_at, updated_at`;

/** A row of `SUBMISSION_COLUMNS`. */
export type SubmissionColumns = Readonly<Record<string, string | number | Date | null>>;

/** Reads a row of `SUBMISSION_COLUMNS`. */
export function submissionRow(row: SubmissionColumns): SubmissionRow {
  const word = (name: string) => (row[name] === null ? null : String(row[name]));
  const parsed = <T>(name: string) => (row[name] === null ? null : (JSON.parse(String(row[name])) as T));
  return {
    ...{ id: String(row.id), position: String(row.position), account: String(row.account) },
    ...{ model: String(row.model), signature: String(row.signature) },
    statement: JSON.parse(String(row.statement)) as SubmissionStatement,
    headers: JSON.parse(String(row.headers)) as BlockHeader[],
    state: row.state as SubmissionState,
    checks: JSON.parse(String(row.checks)) as CheckOutcome[],
    beacon: parsed<Beacon>('beacon'),
    opening: parsed<AskedOpening>('opening'),
    verdict: parsed<Verdict>('verdict'),
    ...{ verdictHash: word('verdict_hash'), verdictBlock: word('verdict_block') },
    ...{ release: word('release'), version: word('version'), decision: word('decision') },
    ...{ code: word('code'), detail: word('detail'), attempts: Number(row.attempts) },
    waitingSince: row.waiting_since as Date | null,
    ...{ createdAt: row.created_at as Date, updatedAt: row.updated_at as Date },
  };
}
