import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { backoffMs } from '../../common/backoff.js';
import {
  canonicalJson,
  hashJson,
  systemClock,
  type CodedError,
  type Json,
  type Result,
} from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { AuditTrail } from '../audit/audit-trail.js';
import type { StepRow, TaskRow } from '../store/rows.js';
import { TaskStore } from '../store/task-store.js';
import { LONGEST_WAIT_MS, MOST_ATTEMPTS, MOST_ATTEMPTS_UNDER_WAY } from './attempts.js';
import type { ClaimedStep } from './step-claims.js';
import { StepQueue } from './step-queue.js';
import { ENGINE_ACTOR, TaskEngine } from './task-engine.js';

/** Writes down what came of an attempt, and goes on: state, audit record and leaf in one transaction. */
@Injectable()
export class StepSettlement {
  constructor(
    private readonly config: AppConfig,
    private readonly store: TaskStore,
    private readonly trail: AuditTrail,
    private readonly engine: TaskEngine,
    private readonly queue: StepQueue,
  ) {}

  /** Settles an attempt whose claim is still the step's own; the outcome of any other counts for nothing. */
  settle(claimed: ClaimedStep, outcome: Result<Json>): Promise<void> {
    return this.ifOwn(claimed, (manager, task, step) =>
      outcome.ok
        ? this.completed(manager, task, step, outcome.value)
        : this.failed(manager, task, step, outcome.error),
    );
  }

  /** Gives a step back that the stopping server, the emergency stop or a lost lease cut off; the attempt is not counted. */
  interrupted(claimed: ClaimedStep): Promise<void> {
    return this.ifOwn(claimed, async (manager, task, step) => {
      await this.store.moveStep(manager, task.id, step, 'ready', {
        attempts: claimed.attempt - 1,
        lease_until: null,
      });
      await this.queue.add(manager, { task: task.id, step: step.index });
      return task;
    });
  }

  private ifOwn(
    { task: { id }, step: { index }, claim }: ClaimedStep,
    work: (manager: EntityManager, task: TaskRow, step: StepRow) => Promise<TaskRow>,
  ): Promise<void> {
    return this.engine.change(async (manager) => {
      const task = await this.store.hold(manager, id);
      const step = (await this.store.steps(id, manager)).at(index);
      const own = task.ok && step?.state === 'executing' && step.claim === claim;
      return { task: own ? await work(manager, task.value, step) : null, value: undefined };
    });
  }

  private async completed(
    manager: EntityManager,
    task: TaskRow,
    step: StepRow,
    output: Json,
  ): Promise<TaskRow> {
    const outputHash = hashJson(output);
    await this.store.moveStep(manager, task.id, step, 'completed', {
      ...{ output: canonicalJson(output), output_hash: outputHash, finished_at: systemClock.now() },
      ...{ code: null, detail: null, lease_until: null },
    });
    await this.record(manager, task, step, {
      event: 'step.completed',
      status: 'completed',
      output_hash: outputHash,
    });
    return this.engine.advance(manager, task);
  }

  private async failed(
    manager: EntityManager,
    task: TaskRow,
    step: StepRow,
    error: CodedError,
  ): Promise<TaskRow> {
    const { code, message, status } = error;
    const underWay = step.effect === 'once' && step.kept !== null;
    const most = underWay ? MOST_ATTEMPTS_UNDER_WAY : MOST_ATTEMPTS;
    const again = (status >= 500 || status === 429) && step.attempts < most;
    const facts = { code, detail: message.slice(0, 1000), lease_until: null };
    if (again) {
      await this.store.moveStep(manager, task.id, step, 'ready', facts);
      const waitMs = backoffMs(this.config.taskRetryMs, step.attempts, LONGEST_WAIT_MS);
      await this.queue.add(manager, { task: task.id, step: step.index }, waitMs);
      await this.record(manager, task, step, { event: 'step.retried', status: 'ready', code });
      return task;
    }
    await this.store.moveStep(manager, task.id, step, 'failed', { ...facts, finished_at: systemClock.now() });
    await this.record(manager, task, step, { event: 'step.failed', status: 'failed', code });
    return this.engine.end(manager, task, 'failed', { code, reason: message.slice(0, 1000) });
  }

  private async record(
    manager: EntityManager,
    { id, planHash }: TaskRow,
    { index, attempts, inputHash }: StepRow,
    facts: { event: string; status: string; code?: string; output_hash?: string },
  ): Promise<void> {
    await this.trail.append(manager, {
      ...{ task: id, step: index, actor: ENGINE_ACTOR, attempt: attempts, plan_hash: planHash },
      ...{ input_hash: inputHash, ...facts },
    });
  }
}
