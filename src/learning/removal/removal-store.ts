import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import {
  REMOVAL_COLUMNS,
  removalRow,
  type RemovalColumns,
  type RemovalRow,
  type RemovalStatement,
} from './removal-row.js';
import { OPEN_REMOVAL_STATES, REMOVAL_STATES, type RemovalState } from './states.js';

/** What may change besides the state. Objects are stored as JSON. */
export type RemovalChanges = Partial<
  Pick<
    RemovalRow,
    'beacon' | 'effect' | 'effectHash' | 'release' | 'version' | 'decision' | 'code' | 'detail'
  >
>;

type Asked = Pick<EntityManager, 'query'>;

const COLUMN_OF: Readonly<Record<keyof RemovalChanges, string>> = {
  ...{ beacon: 'beacon', effect: 'effect', effectHash: 'effect_hash' },
  ...{ release: 'release', version: 'version', decision: 'decision', code: 'code', detail: 'detail' },
};
const LONGEST_DETAIL = 2_000;
const LEASE_SECONDS = 30;

/** The table of removals. Whoever changes one holds its row first; every time is the database's. */
@Injectable()
export class RemovalStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Adds a removal. */
  async insert(manager: Asked, id: string, account: string, statement: RemovalStatement): Promise<void> {
    await manager.query(
      `INSERT INTO learning_removals (id, account, model, statement, state) VALUES ($1, $2, $3, $4, 'received')`,
      [id, account, statement.model, JSON.stringify(statement)],
    );
  }

  /** A removal; null where there is none of that id. */
  async find(id: string, manager: Asked = this.dataSource): Promise<RemovalRow | null> {
    const rows: RemovalColumns[] = await manager.query(
      `SELECT ${REMOVAL_COLUMNS} FROM learning_removals WHERE id = $1`,
      [id],
    );
    return rows.length === 0 ? null : removalRow(rows[0]);
  }

  /** A removal; `REMOVAL_NOT_FOUND` (404). */
  async one(id: string): Promise<Result<RemovalRow>> {
    const row = await this.find(id);
    return row === null
      ? err(new CodedError('REMOVAL_NOT_FOUND', `There is no removal ${id}.`, { removal: id }, 404))
      : ok(row);
  }

  /** Removals, newest first. */
  async list(filter: { model?: string; before?: string; limit: number }): Promise<RemovalRow[]> {
    const rows = await this.dataSource.query<RemovalColumns[]>(
      `SELECT ${REMOVAL_COLUMNS} FROM learning_removals
       WHERE ($1::text IS NULL OR model = $1) AND ($2::bigint IS NULL OR position < $2) ORDER BY position DESC LIMIT $3`,
      [filter.model ?? null, filter.before ?? null, filter.limit],
    );
    return rows.map(removalRow);
  }

  /** How many removals of a model are not at their end. */
  async open(model: string, manager: Asked): Promise<number> {
    const [{ count }]: { count: string }[] = await manager.query(
      'SELECT count(*) AS count FROM learning_removals WHERE model = $1 AND state = ANY ($2::text[])',
      [model, OPEN_REMOVAL_STATES],
    );
    return Number(count);
  }

  /** The removal that a release was made for; null where it was made otherwise. */
  async ofRelease(release: string): Promise<RemovalRow | null> {
    const rows = await this.dataSource.query<RemovalColumns[]>(
      `SELECT ${REMOVAL_COLUMNS} FROM learning_removals WHERE release = $1 ORDER BY position DESC LIMIT 1`,
      [release],
    );
    return rows.length === 0 ? null : removalRow(rows[0]);
  }

  /** Claims the first removal that is due and that nobody works on. @returns its id; null where there is none */
  async claim(worker: string): Promise<string | null> {
    const [rows] = await this.dataSource.query<[{ id: string }[], number]>(
      `UPDATE learning_removals SET worker = $1, lease_until = now() + interval '${LEASE_SECONDS} seconds'
       WHERE id = (
         SELECT id FROM learning_removals
         WHERE state = ANY ($2::text[]) AND due_at <= now() AND (lease_until IS NULL OR lease_until <= now())
         ORDER BY due_at, position LIMIT 1 FOR UPDATE SKIP LOCKED
       ) RETURNING id`,
      [worker, OPEN_REMOVAL_STATES],
    );
    return rows[0]?.id ?? null;
  }

  /** Keeps a claim. */
  async renew(id: string, worker: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE learning_removals SET lease_until = now() + interval '${LEASE_SECONDS} seconds' WHERE id = $1 AND worker = $2`,
      [id, worker],
    );
  }

  /** Ends a claim. @param afterMs when it is to be looked at again  @param attempts refusals of its step in a row */
  async release(id: string, worker: string, afterMs: number, attempts: number): Promise<void> {
    await this.dataSource.query(
      `UPDATE learning_removals SET worker = NULL, lease_until = NULL, attempts = $4,
         due_at = now() + $3 * interval '1 millisecond' WHERE id = $1 AND worker = $2`,
      [id, worker, afterMs, attempts],
    );
  }

  /** Has the removals of a model looked at now. */
  async wake(model: string): Promise<void> {
    await this.dataSource.query(
      'UPDATE learning_removals SET due_at = now() WHERE model = $1 AND state = ANY ($2::text[])',
      [model, OPEN_REMOVAL_STATES],
    );
  }

  /** A removal, held until the transaction ends. Throws where it is not in this state any more. */
  async hold(manager: Asked, id: string, state: RemovalState): Promise<RemovalRow> {
    const rows: RemovalColumns[] = await manager.query(
      `SELECT ${REMOVAL_COLUMNS} FROM learning_removals WHERE id = $1 FOR UPDATE`,
      [id],
    );
    const row = rows.length === 0 ? null : removalRow(rows[0]);
    if (row?.state === state) return row;
    throw new CodedError('REMOVAL_MOVED', `${id} is ${row?.state ?? 'gone'} already`, {}, 409);
  }

  /** Moves a held removal and changes what else is given; a move its machine does not know throws. */
  async move(manager: Asked, row: RemovalRow, to: RemovalState, changes: RemovalChanges = {}): Promise<void> {
    const state = unwrap(REMOVAL_STATES.move(row.state, to));
    await manager.query(
      'UPDATE learning_removals SET state = $2, attempts = 0, due_at = now() WHERE id = $1',
      [...[row.id, state]],
    );
    await this.change(manager, row.id, changes);
  }

  /** Changes what is known of a held removal. */
  async change(manager: Asked, id: string, changes: RemovalChanges): Promise<void> {
    const names = (Object.keys(COLUMN_OF) as (keyof RemovalChanges)[]).filter(
      (name) => changes[name] !== undefined,
    );
    const set = names.map((name, i) => `, ${COLUMN_OF[name]} = $${i + 2}`).join('');
    await manager.query(`UPDATE learning_removals SET updated_at = now()${set} WHERE id = $1`, [
      id,
      ...names.map((name) => stored(changes[name])),
    ]);
  }
}

function stored(value: RemovalChanges[keyof RemovalChanges]): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value.slice(0, LONGEST_DETAIL) : JSON.stringify(value);
}
