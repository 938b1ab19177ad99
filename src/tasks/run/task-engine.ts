import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { EventBus } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { Notifier } from '../../notifications/index.js';
import { mayCallFor } from '../approval/approval-calls.js';
import { keyOfApproval, noticeOfApproval } from '../approval/approval-notice.js';
import { AuditTrail } from '../audit/audit-trail.js';
import type { StepRow, TaskRow } from '../store/rows.js';
import { TaskStore } from '../store/task-store.js';
import { TASK_STATES, type TaskState } from '../states.js';
import { StepQueue } from './step-queue.js';

/** What the engine itself is called where somebody must have done a thing. */
export const ENGINE_ACTOR = 'server';

/** States that a task can come to without anybody being called, or told that it is over. */
const QUIET: ReadonlySet<TaskState> = new Set(['pending', 'executing', 'completed']);

/** Moves tasks from one step to the next. Every method works in a transaction that holds the task's row. */
@Injectable()
export class TaskEngine {
  constructor(
    private readonly config: AppConfig,
    private readonly transactions: Transactions,
    private readonly store: TaskStore,
    private readonly trail: AuditTrail,
    private readonly queue: StepQueue,
    private readonly log: LogAppender,
    private readonly events: EventBus,
    private readonly notifier: Notifier,
  ) {}

  /**
   * Runs work in a transaction in which the queue can take jobs, and tells of the task afterwards: what is committed is
   * announced, what is not is not.
   */
  async change<T>(work: (manager: EntityManager) => Promise<{ task: TaskRow | null; value: T }>): Promise<T> {
    await this.queue.ready();
    const { task, value } = await this.transactions.run(work);
    this.log.committed();
    if (task !== null) {
      this.store.committed(task);
      if (!QUIET.has(task.state)) this.notifier.committed();
      await this.announce(task);
    }
    return value;
  }

  /** Goes on with a held task: next step, request for approval, or the end. */
  async advance(manager: EntityManager, task: TaskRow): Promise<TaskRow> {
    const steps = await this.store.steps(task.id, manager);
    const next = steps.find(({ state }) => state !== 'completed');
    if (next === undefined) return this.end(manager, task, 'completed');
    if (next.state !== 'pending') return task;
    return next.needsApproval ? this.askApproval(manager, task, next) : this.enqueue(manager, task, next);
  }

  /** Ends a held task; what has not run will not. */
  async end(
    manager: EntityManager,
    task: TaskRow,
    to: TaskState,
    why: { actor?: string; code?: string | null; reason?: string | null } = {},
  ): Promise<TaskRow> {
    const ended = await this.store.moveTask(manager, task, to, why);
    for (const step of await this.store.steps(task.id, manager)) {
      if (['pending', 'waiting_approval', 'ready', 'executing'].includes(step.state))
        await this.store.moveStep(manager, task.id, step, 'skipped');
      if (step.state === 'waiting_approval') await this.answered(manager, task, step);
    }
    await manager.query(
      `UPDATE task_approvals SET state = 'withdrawn' WHERE task_id = $1 AND state = 'pending'`,
      [task.id],
    );
    await this.trail.append(manager, {
      ...{ task: task.id, step: null, event: `task.${to}`, status: to, plan_hash: task.planHash },
      actor: why.actor ?? ENGINE_ACTOR,
      code: why.code ?? null,
      // What a step said may be private; what a person said is meant for the record.
      ...(why.actor === undefined || !why.reason ? {} : { reason: why.reason }),
    });
    return ended;
  }

  /** Whoever was called to approve a step need not answer any more: somebody has, or there is nothing to answer. */
  async answered(manager: EntityManager, task: TaskRow, { index }: StepRow): Promise<void> {
    await this.notifier.settle(manager, keyOfApproval(task.id, index));
  }

  /** Puts a step of a held task into the queue. */
  async enqueue(manager: EntityManager, task: TaskRow, step: StepRow): Promise<TaskRow> {
    await this.store.moveStep(manager, task.id, step, 'ready');
    await this.queue.add(manager, { task: task.id, step: step.index }, step.delayMs);
    return task.state === 'pending' ? this.store.moveTask(manager, task, 'executing') : task;
  }

  private async askApproval(manager: EntityManager, task: TaskRow, step: StepRow): Promise<TaskRow> {
    await this.store.moveStep(manager, task.id, step, 'waiting_approval');
    const [{ expires_at: until }]: { expires_at: Date }[] = await manager.query(
      `INSERT INTO task_approvals (task_id, step_index, plan_hash, four_eyes, state, expires_at)
       VALUES ($1, $2, $3, $4, 'pending', now() + $5 * interval '1 minute') RETURNING expires_at`,
      [task.id, step.index, task.planHash, step.fourEyes, this.config.approvalMinutes],
    );
    await this.trail.append(manager, {
      ...{ task: task.id, step: step.index, event: 'approval.requested', status: 'waiting_approval' },
      ...{ actor: ENGINE_ACTOR, plan_hash: task.planHash, input_hash: step.inputHash },
    });
    if (await mayCallFor(manager, task.owner))
      await this.notifier.enqueue(manager, noticeOfApproval(task, step, until.getTime()));
    return this.store.moveTask(manager, task, 'waiting_approval');
  }

  private async announce(task: TaskRow): Promise<void> {
    const steps = await this.store.steps(task.id);
    const at = TASK_STATES.isFinal(task.state)
      ? undefined
      : steps.find(({ state }) => !['completed', 'failed', 'skipped'].includes(state));
    this.events.emit('task.changed', {
      ...{ task: task.id, owner: task.owner, type: task.taskType, state: task.state },
      ...{ step: at?.index ?? null, stepState: at?.state ?? null },
    });
  }
}
