import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { mayAct, type Identity } from '../auth/index.js';
import {
  canonicalJson,
  CodedError,
  err,
  hashJson,
  ok,
  systemClock,
  unwrap,
  type Json,
  type Result,
} from '../common/index.js';
import { AuditTrail } from './audit/audit-trail.js';
import type { StoredPlan } from './plan/plan-service.js';
import { TaskEngine } from './run/task-engine.js';
import type { StepRow, TaskRow } from './store/rows.js';
import { TaskStore } from './store/task-store.js';
import { TASK_STATES } from './states.js';

/** Tasks one account may have open at a time. */
const MOST_OPEN_TASKS = 1_000;

/** What a task is made from besides its plan. */
export interface TaskRequest {
  readonly description: string;
  /** Makes the same request give the same task; null makes a new one each time. */
  readonly key: string | null;
}

/** Tasks as accounts ask for them. */
@Injectable()
export class TaskService {
  constructor(
    private readonly store: TaskStore,
    private readonly engine: TaskEngine,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Begins to do a plan. What the policies deny becomes a task that is `rejected`, so that the attempt is on record.
   * Refusals: TASKS_TOO_MANY (429), EXECUTION_KEY_REUSED (409).
   */
  async start(stored: StoredPlan, request: TaskRequest, who: Identity): Promise<Result<TaskRow>> {
    return this.engine.change(async (manager) => {
      const outcome = await this.create(manager, stored, request, who);
      return { task: outcome.ok ? outcome.value : null, value: outcome };
    });
  }

  /** A task that somebody may see; one of somebody else is not there for a user: `TASK_NOT_FOUND` (404). */
  async visible(id: string, who: Identity): Promise<Result<TaskRow>> {
    const task = await this.store.task(id);
    return task.ok && !maySeeTask(who, task.value) ? err(hidden(id)) : task;
  }

  /** Ends a task. `TASK_NOT_FOUND`; `TASK_OVER` (409); `STEP_RUNNING` (409) while something that cannot be undone runs. */
  cancel(id: string, who: Identity, reason: string): Promise<Result<TaskRow>> {
    return this.engine.change<Result<TaskRow>>(async (manager) => {
      const held = await this.store.hold(manager, id);
      const task = held.ok && !maySeeTask(who, held.value) ? err(hidden(id)) : held;
      if (!task.ok) return { task: null, value: task };
      if (TASK_STATES.isFinal(task.value.state)) return { task: null, value: err(over(task.value)) };
      const running = (await this.store.steps(id, manager)).find(mayBeUnderWay);
      if (running !== undefined) return { task: null, value: err(stepRunning(id, running.index)) };
      const why = { actor: who.subject, code: 'CANCELLED', reason };
      const ended = await this.engine.end(manager, task.value, 'cancelled', why);
      return { task: ended, value: ok(ended) };
    });
  }

  private async create(
    manager: EntityManager,
    { id: planId, hash, plan, verdict }: StoredPlan,
    { description, key }: TaskRequest,
    who: Identity,
  ): Promise<Result<TaskRow>> {
    // One at a time per account, so that counting and keys hold.
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 6))', [who.subject]);
    const request = requestHash(plan.task_type, plan.parameters as Json);
    const earlier = key === null ? null : await this.byKey(manager, key, request, who.subject);
    if (earlier !== null) return earlier;
    if ((await this.store.openCount(who.subject, manager)) >= MOST_OPEN_TASKS) return err(tooMany());
    const id = `task_${randomUUID().replaceAll('-', '')}`;
    const now = systemClock.now();
    await manager.query(
      `INSERT INTO tasks (id, owner, plan_id, task_type, action_type, risk, description, roles, state, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $9)`,
      [
        id,
        who.subject,
        planId,
        plan.task_type,
        plan.action_type,
        plan.risk,
        description,
        JSON.stringify(who.roles),
        now,
      ],
    );
    for (const [index, step] of plan.steps.entries()) {
      const parameters = canonicalJson(step.parameters as Json);
      await manager.query(
        `INSERT INTO task_steps (task_id, step_index, type, action_type, effect, parameters, delay_ms, needs_approval, four_eyes, amount, state, input_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', $11)`,
        [
          ...[id, index, step.type, step.action_type, step.effect, parameters, step.delay_ms],
          ...[step.requires_approval, step.four_eyes, step.amount, hashJson(step.parameters as Json)],
        ],
      );
    }
    if (key !== null)
      await manager.query(
        'INSERT INTO step_keys (key, owner, request_hash, task_id) VALUES ($1, $2, $3, $4)',
        [key, who.subject, request, id],
      );
    const task = unwrap(await this.store.hold(manager, id));
    await this.trail.append(manager, {
      ...{
        task: id,
        step: null,
        event: 'task.created',
        status: 'pending',
        actor: who.subject,
        plan_hash: hash,
      },
      input_hash: hashJson(plan.parameters as Json),
    });
    if (verdict.allowed) return ok(await this.engine.advance(manager, task));
    const why = { code: 'POLICY_DENIED', reason: verdict.reason };
    return ok(await this.engine.end(manager, task, 'rejected', why));
  }

  private async byKey(
    manager: EntityManager,
    key: string,
    request: string,
    owner: string,
  ): Promise<Result<TaskRow> | null> {
    const [known]: { task_id: string; request_hash: string }[] = await manager.query(
      'SELECT task_id, request_hash FROM step_keys WHERE owner = $1 AND key = $2',
      [owner, key],
    );
    if (known === undefined) return null;
    if (known.request_hash !== request) return err(keyReused());
    return this.store.task(known.task_id, manager);
  }
}

/** Whether somebody may see and cancel a task: whoever asked for it, guardians and admins. */
export function maySeeTask(who: Identity, { owner }: Pick<TaskRow, 'owner'>): boolean {
  return mayAct(who, ['guardian']) || (who.subject === owner && !who.roles.includes('public'));
}

/** Whether a step that must happen once has begun, or is prepared and between two attempts. */
function mayBeUnderWay({ effect, state, kept }: StepRow): boolean {
  return effect === 'once' && (state === 'executing' || (state === 'ready' && kept !== null));
}

function requestHash(type: string, parameters: Json): string {
  return hashJson({ type, parameters });
}

function hidden(id: string): CodedError {
  return new CodedError('TASK_NOT_FOUND', `There is no task ${id}.`, { task: id }, 404);
}

function over({ id, state }: TaskRow): CodedError {
  return new CodedError('TASK_OVER', `The task is ${state} already.`, { task: id, state }, 409);
}

function stepRunning(id: string, step: number): CodedError {
  const detail = `Step ${step} is doing something that cannot be undone; wait until it has ended.`;
  return new CodedError('STEP_RUNNING', detail, { task: id, step }, 409);
}

function keyReused(): CodedError {
  return new CodedError('EXECUTION_KEY_REUSED', 'This key was used for another step.', {}, 409);
}

function tooMany(): CodedError {
  const detail = `An account has at most ${MOST_OPEN_TASKS} open tasks.`;
  return new CodedError('TASKS_TOO_MANY', detail, { retryAfter: 60 }, 429);
}
