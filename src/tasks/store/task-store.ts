import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { FreshCache } from '../../common/fresh-cache.js';
import { FreshGroup } from '../../common/fresh-group.js';
import { CodedError, err, ok, systemClock, unwrap, type Result } from '../../common/index.js';
import { STEP_STATES, TASK_STATES, type StepState, type TaskState } from '../states.js';
import { approvalRow, stepRow, taskRow, type ApprovalRow, type StepRow, type TaskRow } from './rows.js';

/** Which tasks a list shows, newest first. */
export interface TaskFilter {
  readonly owner?: string;
  readonly state?: string;
  readonly taskType?: string;
  readonly before?: string;
  readonly limit: number;
}

/** How long a change that another replica made may go unnoticed in lists. Those of this process count at once. */
const FRESH_MS = 1_000;
const MOST_LISTS = 500;
/** Lists that one query reads. */
const MOST_TOGETHER = 64;
/** What is remembered of a list; longer pages and later ones are asked for. */
const NEWEST = 51;

type Rows = Parameters<typeof taskRow>[0][];

const TASK = 'SELECT t.*, p.plan_hash FROM tasks t JOIN task_plans p ON p.id = t.plan_id';
const STEP =
  'SELECT *, coalesce(lease_until > now(), false) AS leased, lease_until::text AS lease FROM task_steps';
const APPROVAL = 'SELECT *, expires_at <= now() AS expired FROM task_approvals';

/** Tables of tasks, steps and approvals. Whoever changes a task holds its row first, so that two never mix. */
@Injectable()
export class TaskStore {
  private readonly everybodys = new FreshCache(() => this.rows({ limit: NEWEST }), {
    freshMs: FRESH_MS,
    most: 1,
  });
  private readonly newest = new FreshGroup((owners) => this.newestOf(owners), {
    freshMs: FRESH_MS,
    most: MOST_LISTS,
    together: MOST_TOGETHER,
  });

  constructor(private readonly dataSource: DataSource) {}

  /** A task; `TASK_NOT_FOUND` (404). */
  async task(id: string, manager: Pick<EntityManager, 'query'> = this.dataSource): Promise<Result<TaskRow>> {
    const rows: Rows = await manager.query(`${TASK} WHERE t.id = $1`, [id]);
    return rows.length === 0 ? err(notFound(id)) : ok(taskRow(rows[0]));
  }

  /** A task, held until the transaction ends; `TASK_NOT_FOUND` (404). */
  async hold(manager: EntityManager, id: string): Promise<Result<TaskRow>> {
    const rows: Rows = await manager.query(`${TASK} WHERE t.id = $1 FOR UPDATE OF t`, [id]);
    return rows.length === 0 ? err(notFound(id)) : ok(taskRow(rows[0]));
  }

  /** Steps of a task in their order. */
  async steps(id: string, manager: Pick<EntityManager, 'query'> = this.dataSource): Promise<StepRow[]> {
    const rows: Rows = await manager.query(`${STEP} WHERE task_id = $1 ORDER BY step_index`, [id]);
    return rows.map(stepRow);
  }

  /** Requests for approval of a task in the order of their steps. */
  async approvals(
    id: string,
    manager: Pick<EntityManager, 'query'> = this.dataSource,
  ): Promise<ApprovalRow[]> {
    const rows: Rows = await manager.query(`${APPROVAL} WHERE task_id = $1 ORDER BY step_index`, [id]);
    return rows.map(approvalRow);
  }

  /**
   * Which of these steps, by the keys their handlers know them by, have ended without ever noting what their effect is made of.
   * That is for ever: a step that has ended is not done again, and notes nothing any more.
   */
  async endedUnprepared(
    keys: readonly string[],
    manager: Pick<EntityManager, 'query'> = this.dataSource,
  ): Promise<Set<string>> {
    const steps = keys
      .map((key) => /^(task_[0-9a-f]{32})\/(\d{1,9})$/.exec(key))
      .filter((found) => found !== null);
    const rows: { key: string }[] = await manager.query(
      `SELECT s.task_id || '/' || s.step_index AS key FROM unnest($1::text[], $2::int[]) AS asked (task, step)
       JOIN task_steps s ON s.task_id = asked.task AND s.step_index = asked.step
       WHERE s.kept IS NULL AND s.state IN ('failed', 'skipped')`,
      [steps.map(([, task]) => task), steps.map(([, , step]) => step)],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** Tasks with an approval that nobody gave in time, at most a hundred. */
  async lateApprovals(): Promise<string[]> {
    const rows = await this.dataSource.query<{ task_id: string }[]>(
      `SELECT task_id FROM task_approvals WHERE state = 'pending' AND expires_at <= now() LIMIT 100`,
    );
    return rows.map(({ task_id: id }) => id);
  }

  /** Tasks, newest first. */
  async list(filter: TaskFilter): Promise<TaskRow[]> {
    const { owner, state, taskType, before, limit } = filter;
    const isNewest = [state, taskType, before].every((value) => value === undefined) && limit <= NEWEST;
    if (!isNewest) return this.rows(filter);
    return (await (owner === undefined ? this.everybodys.get('') : this.newest.get(owner))).slice(0, limit);
  }

  /** Makes a change of a task that was just committed count for the next list. */
  committed({ owner }: Pick<TaskRow, 'owner'>): void {
    this.newest.forget(owner);
    this.everybodys.clear();
  }

  /** The newest tasks of some accounts. */
  private async newestOf(owners: readonly string[]): Promise<TaskRow[][]> {
    const rows = await this.dataSource.query<(Rows[number] & { place: string })[]>(
      `SELECT asked.place, newest.* FROM unnest($1::text[]) WITH ORDINALITY AS asked (owner, place)
       CROSS JOIN LATERAL (${TASK} WHERE t.owner = asked.owner ORDER BY t.position DESC LIMIT $2) newest
       ORDER BY asked.place, newest.position DESC`,
      [owners, NEWEST],
    );
    const lists: TaskRow[][] = owners.map(() => []);
    for (const row of rows) lists[Number(row.place) - 1].push(taskRow(row));
    return lists;
  }

  private async rows({ owner, state, taskType, before, limit }: TaskFilter): Promise<TaskRow[]> {
    const rows = await this.dataSource.query<Rows>(
      `${TASK} WHERE ($1::text IS NULL OR t.owner = $1) AND ($2::text IS NULL OR t.state = $2)
         AND ($3::text IS NULL OR t.task_type = $3) AND ($4::bigint IS NULL OR t.position < $4)
       ORDER BY t.position DESC LIMIT $5`,
      [owner ?? null, state ?? null, taskType ?? null, before ?? null, limit],
    );
    return rows.map(taskRow);
  }

  /** Tasks of an account that are not at their end. */
  async openCount(owner: string, manager: EntityManager): Promise<number> {
    const ends = TASK_STATES.states.filter((state) => TASK_STATES.isFinal(state));
    const [{ count }]: { count: string }[] = await manager.query(
      'SELECT count(*) AS count FROM tasks WHERE owner = $1 AND state <> ALL ($2::text[])',
      [owner, ends],
    );
    return Number(count);
  }

  /** Moves a held task; a move its machine does not know is a bug and throws. */
  async moveTask(
    manager: EntityManager,
    task: TaskRow,
    to: TaskState,
    { code = null, reason = null }: { code?: string | null; reason?: string | null } = {},
  ): Promise<TaskRow> {
    const updatedAt = Math.max(systemClock.now(), task.updatedAt);
    const state = unwrap(TASK_STATES.move(task.state, to));
    await manager.query(
      'UPDATE tasks SET state = $2, code = $3, reason = $4, updated_at = $5 WHERE id = $1',
      [task.id, state, code, reason, updatedAt],
    );
    return { ...task, state, code, reason, updatedAt };
  }

  /** Moves a step of a held task and sets further columns. A move its machine does not know throws. */
  async moveStep(
    manager: EntityManager,
    task: string,
    step: Pick<StepRow, 'index' | 'state'>,
    to: StepState,
    columns: Readonly<Record<string, string | number | null>> = {},
  ): Promise<void> {
    const state = unwrap(STEP_STATES.move(step.state, to));
    const names = Object.keys(columns);
    const set = names.map((name, i) => `, ${name} = $${i + 4}`).join('');
    await manager.query(`UPDATE task_steps SET state = $3${set} WHERE task_id = $1 AND step_index = $2`, [
      task,
      step.index,
      state,
      ...names.map((name) => columns[name]),
    ]);
  }
}

function notFound(id: string): CodedError {
  return new CodedError('TASK_NOT_FOUND', `There is no task ${id}.`, { task: id }, 404);
}
