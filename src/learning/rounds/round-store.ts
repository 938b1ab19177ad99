import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import type { ShownUpdate } from './aggregate-round.js';
import {
  MEMBER_COLUMNS,
  memberRow,
  ROUND_COLUMNS,
  roundRow,
  type Columns,
  type MemberRow,
  type RoundOutcome,
  type RoundRow,
} from './round-row.js';
import { updatePrivate, updatesGone } from './round-refusals.js';
import { OPEN_ROUND_STATES, ROUND_STATES, type RoundState } from './states.js';
import type { RoundTerms } from './terms.js';

/** A round before it is stored. */
export interface NewRound {
  readonly id: string;
  readonly account: string;
  readonly terms: RoundTerms;
  /** SHA-256 of the seed of its noise; null where it is not private. */
  readonly noise: string | null;
}

/** Which rounds a list shows, newest first. */
export interface RoundFilter {
  readonly model?: string;
  readonly state?: string;
  readonly before?: string;
  readonly limit: number;
}

/** What may change besides the state. */
export interface RoundChanges {
  readonly outcome?: RoundOutcome;
  readonly submission?: string;
  readonly code?: string;
  readonly detail?: string;
}

type Asked = Pick<EntityManager, 'query'>;

const LONGEST_DETAIL = 2_000;
const MOST_CLEARED = 100;
/** How long a process has a round without renewing its claim. */
const LEASE_SECONDS = 15;

/** The table of rounds. Whoever changes one holds its row first; every time is the database's. */
@Injectable()
export class RoundStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a round that is announced. */
  async insert(manager: EntityManager, { id, account, terms, noise }: NewRound): Promise<void> {
    await manager.query(
      `INSERT INTO learning_rounds (id, account, model, terms, noise, state, due_at)
       VALUES ($1, $2, $3, $4, $5, 'announced', now() + $6 * interval '1 second')`,
      [id, account, terms.model, JSON.stringify(terms), noise, terms.join_seconds],
    );
  }

  /** A round; `ROUND_NOT_FOUND` (404). */
  async one(id: string, manager: Asked = this.dataSource): Promise<Result<RoundRow>> {
    const rows: Columns[] = await manager.query(
      `SELECT ${ROUND_COLUMNS} FROM learning_rounds r WHERE r.id = $1`,
      [id],
    );
    return rows.length === 0 ? err(unknownRound(id)) : ok(roundRow(rows[0]));
  }

  /** Rounds, newest first. */
  async list({ model, state, before, limit }: RoundFilter): Promise<RoundRow[]> {
    const rows = await this.dataSource.query<Columns[]>(
      `SELECT ${ROUND_COLUMNS} FROM learning_rounds r
       WHERE ($1::text IS NULL OR r.model = $1) AND ($2::text IS NULL OR r.state = $2)
         AND ($3::bigint IS NULL OR r.position < $3) ORDER BY r.position DESC LIMIT $4`,
      [model ?? null, state ?? null, before ?? null, limit],
    );
    return rows.map(roundRow);
  }

  /** Rounds of an account that are not at their end, those of everybody, and how many it has announced within 24 hours. */
  async open(account: string, manager: Asked): Promise<{ own: number; all: number; today: number }> {
    const [row]: Columns[] = await manager.query(
      `SELECT count(*) FILTER (WHERE open) AS all, count(*) FILTER (WHERE open AND own) AS own,
         count(*) FILTER (WHERE recent AND own) AS today
       FROM (SELECT account = $1 AS own, state = ANY ($2::text[]) AS open, created_at > now() - interval '24 hours' AS recent
         FROM learning_rounds) known`,
      [account, OPEN_ROUND_STATES],
    );
    return { own: Number(row.own), all: Number(row.all), today: Number(row.today) };
  }

  /** Claims the round whose state ended first of those that nobody works on. @returns its id; null where there is none */
  async claim(worker: string): Promise<string | null> {
    const [rows] = await this.dataSource.query<[{ id: string }[], number]>(
      `UPDATE learning_rounds SET worker = $1, lease_until = now() + interval '${LEASE_SECONDS} seconds'
       WHERE id = (
         SELECT id FROM learning_rounds
         WHERE state = ANY ($2::text[]) AND due_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until <= now())
         ORDER BY due_at, position LIMIT 1 FOR UPDATE SKIP LOCKED
       ) RETURNING id`,
      [worker, OPEN_ROUND_STATES],
    );
    return rows[0]?.id ?? null;
  }

  /** Keeps a claim. */
  async renew(id: string, worker: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE learning_rounds SET lease_until = now() + interval '${LEASE_SECONDS} seconds' WHERE id = $1 AND worker = $2`,
      [id, worker],
    );
  }

  /** Ends a claim; nothing where somebody else has the round by now. */
  async release(id: string, worker: string): Promise<void> {
    await this.dataSource.query(
      'UPDATE learning_rounds SET worker = NULL, lease_until = NULL WHERE id = $1 AND worker = $2',
      [id, worker],
    );
  }

  /** In how many ms the next round can be claimed, 0 or less where one can be already; null: none is open. */
  async nextMs(): Promise<number | null> {
    const [{ wait }] = await this.dataSource.query<{ wait: string | null }[]>(
      `SELECT extract(epoch FROM min(greatest(due_at, coalesce(lease_until, due_at))) - clock_timestamp()) * 1000 AS wait
       FROM learning_rounds WHERE state = ANY ($1::text[])`,
      [OPEN_ROUND_STATES],
    );
    return wait === null ? null : Number(wait);
  }

  /** A round, held until the transaction ends; `ROUND_NOT_FOUND` (404). */
  async hold(manager: EntityManager, id: string): Promise<Result<RoundRow>> {
    await manager.query('SELECT 1 FROM learning_rounds WHERE id = $1 FOR UPDATE', [id]);
    return this.one(id, manager);
  }

  /** Moves a held round; a move its machine does not know throws. What was shown in a private one goes with its end. @param seconds until the new state is over */
  async move(
    manager: EntityManager,
    row: RoundRow,
    to: RoundState,
    seconds: number,
    { outcome, submission, code, detail }: RoundChanges = {},
  ): Promise<void> {
    await manager.query(
      `UPDATE learning_rounds SET state = $2, due_at = now() + $3 * interval '1 second', updated_at = now(), attempts = 0,
         outcome = coalesce($4, outcome), submission = coalesce($5, submission), code = $6, detail = $7 WHERE id = $1`,
      [
        ...[row.id, unwrap(ROUND_STATES.move(row.state, to)), seconds],
        ...[outcome === undefined ? null : JSON.stringify(outcome), submission ?? null],
        ...[code ?? null, detail?.slice(0, LONGEST_DETAIL) ?? null],
      ],
    );
    if (row.noise !== null && ROUND_STATES.isFinal(to)) await this.clear(manager, row.id);
  }

  /** Ends the state of a held round now: nothing more is waited for. */
  async endNow(manager: EntityManager, id: string): Promise<void> {
    await manager.query(
      'UPDATE learning_rounds SET due_at = clock_timestamp(), updated_at = now() WHERE id = $1',
      [id],
    );
  }

  /** Notes an attempt that may succeed later; nothing where the round has moved meanwhile. */
  async postpone(row: Pick<RoundRow, 'id' | 'state' | 'attempts'>, milliseconds: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE learning_rounds SET attempts = attempts + 1, due_at = now() + $2 * interval '1 millisecond'
       WHERE id = $1 AND state = $3 AND attempts = $4`,
      [row.id, milliseconds, row.state, row.attempts],
    );
  }

  /** Members in the order of their keys. */
  async members(round: string, manager: Asked = this.dataSource): Promise<MemberRow[]> {
    const rows: Columns[] = await manager.query(
      `SELECT ${MEMBER_COLUMNS} FROM learning_round_members WHERE round = $1 ORDER BY author`,
      [round],
    );
    return rows.map(memberRow);
  }

  /** Whose updates are in what a round has made and what they count for, by key; null for an account that is no round. */
  async weightsOf(account: string): Promise<{ author: string; weight: number }[] | null> {
    if (!account.startsWith('round_')) return null;
    const { outcome } = unwrap(await this.one(account));
    const members = (outcome?.members ?? []).map(({ author, weight }) => ({ author, weight }));
    return members.sort((a, b) => (a.author < b.author ? -1 : 1));
  }

  /** Adds a member. */
  async join(manager: EntityManager, round: string, account: string, author: string, signature: string) {
    await manager.query(
      'INSERT INTO learning_round_members (round, author, account, join_signature) VALUES ($1, $2, $3, $4)',
      [round, author, account, signature],
    );
  }

  /** Notes what a member has committed to. */
  async commit(manager: EntityManager, round: string, author: string, commitment: string, signature: string) {
    await manager.query(
      `UPDATE learning_round_members SET commitment = $3, commit_signature = $4, committed_at = now()
       WHERE round = $1 AND author = $2`,
      [round, author, commitment, signature],
    );
  }

  /** Keeps what a member has shown. */
  async reveal(manager: EntityManager, round: string, author: string, update: string, bytes: Uint8Array) {
    await manager.query(
      `UPDATE learning_round_members SET update_hash = $3, update_bytes = $4, update_size = $5, revealed_at = now()
       WHERE round = $1 AND author = $2`,
      [round, author, update, Buffer.from(bytes), bytes.length],
    );
  }

  /** Notes that what a member has committed to can never be taken. */
  async refuse(manager: EntityManager, round: string, author: string, code: string): Promise<void> {
    await manager.query('UPDATE learning_round_members SET code = $3 WHERE round = $1 AND author = $2', [
      ...[round, author, code],
    ]);
  }

  /** All that was shown in a round. */
  async shown(round: string): Promise<ShownUpdate[]> {
    const rows = await this.dataSource.query<{ commitment: string; update_bytes: Buffer }[]>(
      `SELECT commitment, update_bytes FROM learning_round_members
       WHERE round = $1 AND update_hash IS NOT NULL ORDER BY commitment`,
      [round],
    );
    return rows.map(({ commitment, update_bytes: bytes }) => ({ commitment, bytes: new Uint8Array(bytes) }));
  }

  /** Rounds that ended so many days ago and have updates still; the oldest first, a hundred at most. */
  async outdated(days: number): Promise<readonly string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT r.id FROM learning_rounds r
       WHERE r.state <> ALL ($1::text[]) AND r.updated_at <= now() - $2 * interval '1 day'
         AND EXISTS (SELECT 1 FROM learning_round_members m WHERE m.round = r.id AND m.update_bytes IS NOT NULL)
       ORDER BY r.position LIMIT ${MOST_CLEARED}`,
      [OPEN_ROUND_STATES, days],
    );
    return rows.map(({ id }) => id);
  }

  /** Removes the bytes of what was shown in a held round; its hashes stay. @returns of how many updates */
  async clear(manager: EntityManager, round: string): Promise<number> {
    const [, cleared]: [unknown[], number] = await manager.query(
      'UPDATE learning_round_members SET update_bytes = NULL WHERE round = $1 AND update_bytes IS NOT NULL',
      [round],
    );
    return cleared;
  }

  /** What was shown, by its hash; `ROUND_UPDATE_UNKNOWN` (404), `ROUND_UPDATES_GONE` (410) where it is kept no longer, `ROUND_UPDATE_PRIVATE` (403). */
  async update(round: string, hash: string): Promise<Result<Uint8Array>> {
    const [row] = await this.dataSource.query<{ update_bytes: Buffer | null; noise: string | null }[]>(
      `SELECT m.update_bytes, r.noise FROM learning_round_members m JOIN learning_rounds r ON r.id = m.round
       WHERE m.round = $1 AND m.update_hash = $2`,
      [round, hash],
    );
    if (row !== undefined && row.noise !== null) return err(updatePrivate(round));
    if (row?.update_bytes === null) return err(updatesGone(round));
    if (row !== undefined) return ok(new Uint8Array(row.update_bytes));
    const message = `Nobody has shown update ${hash} in ${round}.`;
    return err(new CodedError('ROUND_UPDATE_UNKNOWN', message, { round }, 404));
  }
}

function unknownRound(id: string): CodedError {
  return new CodedError('ROUND_NOT_FOUND', `There is no round ${id}.`, { round: id }, 404);
}
