import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CodedError, err, ok, unwrap, type Json, type Result } from '../../common/index.js';
import type { CheckOutcome } from '../checks/check-outcome.js';
import type { Judged } from '../trust/trust.js';
import type { Verdict } from '../verdict/verdict.js';
import { readRivals, type AcceptedRival } from './rival-query.js';
import { OPEN_STATES, SUBMISSION_STATES, type SubmissionState } from './states.js';
import type { SubmissionStatement } from './statement.js';
import {
  SUBMISSION_COLUMNS,
  submissionRow,
  type SubmissionColumns,
  type SubmissionRow,
} from './submission-row.js';

/** A submission before it is stored. */
export interface NewSubmission {
  readonly id: string;
  readonly account: string;
  readonly statement: SubmissionStatement;
  readonly signature: string;
  readonly manifest: Json;
  readonly headers: SubmissionRow['headers'];
  readonly checks: readonly CheckOutcome[];
}

/** Which submissions a list shows, newest first. */
export interface SubmissionFilter {
  readonly account?: string;
  readonly author?: string;
  readonly model?: string;
  readonly state?: string;
  /** Only those that have a beacon. */
  readonly drawn?: boolean;
  readonly before?: string;
  readonly limit: number;
}

/** What may change besides the state. Objects are stored as JSON. */
export type SubmissionChanges = Partial<
  Pick<
    SubmissionRow,
    | 'checks'
    | 'beacon'
    | 'opening'
    | 'verdict'
    | 'verdictHash'
    | 'verdictBlock'
    | 'release'
    | 'version'
    | 'decision'
    | 'code'
    | 'detail'
  >
>;

type Asked = Pick<EntityManager, 'query'>;

const COLUMN_OF: Readonly<Record<keyof SubmissionChanges, string>> = {
  ...{ checks: 'checks', beacon: 'beacon', opening: 'opening', verdict: 'verdict' },
  ...{ verdictHash: 'verdict_hash', verdictBlock: 'verdict_block' },
  ...{ release: 'release', version: 'version', decision: 'decision' },
  ...{ code: 'code', detail: 'detail' },
};
/** Verdicts that trust looks back on. */
const MOST_HISTORY = 10_000;
const LONGEST_DETAIL = 2_000;

/** The table of submissions. Whoever changes one holds its row first. */
@Injectable()
export class SubmissionStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a submission. */
  async insert(manager: EntityManager, row: NewSubmission): Promise<void> {
    const { id, account, statement, signature, manifest, headers, checks } = row;
    await manager.query(
      `INSERT INTO learning_submissions
         (id, account, author, model, parent_release, statement, signature, manifest, headers, state, checks)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'received', $10)`,
      [
        ...[id, account, statement.author, statement.model, statement.release],
        ...[statement, signature, manifest, headers, checks].map((value) =>
          typeof value === 'string' ? value : JSON.stringify(value),
        ),
      ],
    );
  }

  /** A submission; null where there is none of that id. */
  async find(id: string, manager: Asked = this.dataSource): Promise<SubmissionRow | null> {
    const rows: SubmissionColumns[] = await manager.query(
      `SELECT ${SUBMISSION_COLUMNS} FROM learning_submissions WHERE id = $1`,
      [id],
    );
    return rows.length === 0 ? null : submissionRow(rows[0]);
  }

  /** Those of these submissions that there are, by id; one query however many. */
  async findAll(ids: readonly string[]): Promise<ReadonlyMap<string, SubmissionRow>> {
    if (ids.length === 0) return new Map();
    const rows = await this.dataSource.query<SubmissionColumns[]>(
      `SELECT ${SUBMISSION_COLUMNS} FROM learning_submissions WHERE id = ANY ($1::text[])`,
      [ids],
    );
    return new Map(rows.map(submissionRow).map((row) => [row.id, row]));
  }

  /** A submission; `SUBMISSION_NOT_FOUND` (404). */
  async one(id: string): Promise<Result<SubmissionRow>> {
    const row = await this.find(id);
    const message = `There is no submission ${id}.`;
    return row === null
      ? err(new CodedError('SUBMISSION_NOT_FOUND', message, { submission: id }, 404))
      : ok(row);
  }

  /** The manifest of a submission that exists. */
  async manifest(id: string): Promise<Json> {
    const [{ manifest }] = await this.dataSource.query<{ manifest: string }[]>(
      'SELECT manifest FROM learning_submissions WHERE id = $1',
      [id],
    );
    return JSON.parse(manifest) as Json;
  }

  /** The verdict on the submission that a release was made of; null where it was made otherwise. */
  async verdictOn(release: string): Promise<Verdict | null> {
    const rows = await this.dataSource.query<{ verdict: string }[]>(
      'SELECT verdict FROM learning_submissions WHERE release = $1 AND verdict IS NOT NULL ORDER BY position DESC LIMIT 1',
      [release],
    );
    return rows.length === 0 ? null : (JSON.parse(rows[0].verdict) as Verdict);
  }

  /** Accepted submissions of an expert of this one from the same weights, or with a new one in a layer where this has one, judged last first. */
  rivalsOf(row: SubmissionRow, manager: Asked = this.dataSource): Promise<AcceptedRival[]> {
    return readRivals(manager, row);
  }

  /** The time of the database, which is the same for all replicas, ms since the epoch. */
  async now(): Promise<number> {
    const [{ now }] = await this.dataSource.query<{ now: string }[]>(
      'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now',
    );
    return Math.floor(Number(now));
  }

  /** Whether an account has handed in every one of these blocks, and each was accepted. */
  async isAuthor(account: string, blocks: readonly string[]): Promise<boolean> {
    const [{ count }] = await this.dataSource.query<{ count: string }[]>(
      `SELECT count(DISTINCT block ->> 'block') AS count
       FROM learning_submissions, json_array_elements(verdict::json -> 'blocks') block
       WHERE account = $1 AND state IN ('accepted', 'released', 'superseded') AND block ->> 'block' = ANY ($2::text[])`,
      [account, blocks],
    );
    return Number(count) === new Set(blocks).size;
  }

  /** How many submissions are worked on, or were within the last hour. */
  async inWork(): Promise<number> {
    const [{ works }] = await this.dataSource.query<{ works: string }[]>(
      `SELECT count(*) AS works FROM learning_submissions
       WHERE state = ANY ($1) OR updated_at > now() - interval '1 hour'`,
      [OPEN_STATES],
    );
    return Number(works);
  }

  /** Submissions, newest first. */
  async list(filter: SubmissionFilter): Promise<SubmissionRow[]> {
    const { account = null, author = null, model = null, state = null, before = null } = filter;
    const rows = await this.dataSource.query<SubmissionColumns[]>(
      `SELECT ${SUBMISSION_COLUMNS} FROM learning_submissions
       WHERE ($1::text IS NULL OR account = $1) AND ($2::text IS NULL OR author = $2)
         AND ($3::text IS NULL OR model = $3) AND ($4::text IS NULL OR state = $4)
         AND ($5::bigint IS NULL OR position < $5) AND (NOT $6 OR beacon IS NOT NULL)
       ORDER BY position DESC LIMIT $7`,
      [account, author, model, state, before, filter.drawn === true, filter.limit],
    );
    return rows.map(submissionRow);
  }

  /** What became of an account's submissions, in the order they were judged. Those that could not be measured do not count. */
  async history(account: string, manager: Asked = this.dataSource): Promise<Judged[]> {
    const rows: { state: string }[] = await manager.query(
      `SELECT state FROM (
         SELECT state, judged_at, position FROM learning_submissions
         WHERE account = $1 AND judged_at IS NOT NULL AND counts ORDER BY judged_at DESC, position DESC LIMIT ${MOST_HISTORY}
       ) newest ORDER BY judged_at, position`,
      [account],
    );
    return rows.map(({ state }) => (state === 'rejected' ? 'rejected' : 'accepted'));
  }

  /** Submissions of an account in the last 24 hours. */
  async madeToday(account: string, manager: Asked): Promise<number> {
    const [{ count }]: { count: string }[] = await manager.query(
      `SELECT count(*) AS count FROM learning_submissions WHERE account = $1 AND created_at > now() - interval '24 hours'`,
      [account],
    );
    return Number(count);
  }

  /** Ids of submissions that are not at their end, oldest first. */
  async open(model?: string): Promise<{ id: string; state: SubmissionState }[]> {
    return this.dataSource.query<{ id: string; state: SubmissionState }[]>(
      `SELECT id, state FROM learning_submissions WHERE state = ANY ($1::text[]) AND ($2::text IS NULL OR model = $2)
       ORDER BY position LIMIT 1000`,
      [OPEN_STATES, model ?? null],
    );
  }

  /** A submission, held until the transaction ends. Throws where it is not in one of these states any more. */
  async hold(manager: EntityManager, id: string, ...states: SubmissionState[]): Promise<SubmissionRow> {
    const rows: SubmissionColumns[] = await manager.query(
      `SELECT ${SUBMISSION_COLUMNS} FROM learning_submissions WHERE id = $1 FOR UPDATE`,
      [id],
    );
    const row = rows.length === 0 ? null : submissionRow(rows[0]);
    if (row !== null && states.includes(row.state)) return row;
    throw new CodedError('SUBMISSION_MOVED', `${id} is ${row?.state ?? 'gone'} already`, {}, 409);
  }

  /** Moves a held submission and changes what else is given; a move its machine does not know throws. */
  async move(
    manager: EntityManager,
    row: SubmissionRow,
    to: SubmissionState,
    changes: SubmissionChanges & { readonly counts?: boolean } = {},
  ): Promise<void> {
    const state = unwrap(SUBMISSION_STATES.move(row.state, to));
    const judged = to === 'accepted' || to === 'rejected';
    await manager.query(
      `UPDATE learning_submissions SET state = $2, counts = $3, judged_at = CASE WHEN $4 THEN now() ELSE judged_at END, attempts = 0,
         waiting_since = CASE WHEN $2 = 'waiting_decision' THEN coalesce(waiting_since, now()) ELSE waiting_since END
       WHERE id = $1`,
      [row.id, state, changes.counts ?? true, judged],
    );
    await this.change(manager, row.id, changes);
  }

  /** Changes what is known of a held submission. */
  async change(manager: EntityManager, id: string, changes: SubmissionChanges): Promise<void> {
    const names = (Object.keys(COLUMN_OF) as (keyof SubmissionChanges)[]).filter(
      (name) => changes[name] !== undefined,
    );
    const set = names.map((name, i) => `, ${COLUMN_OF[name]} = $${i + 2}`).join('');
    await manager.query(`UPDATE learning_submissions SET updated_at = now()${set} WHERE id = $1`, [
      id,
      ...names.map((name) => stored(changes[name])),
    ]);
  }
}

function stored(value: SubmissionChanges[keyof SubmissionChanges]): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value.slice(0, LONGEST_DETAIL) : JSON.stringify(value);
}
