import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { bytesToHex, canonicalJson, CodedError, systemClock, type Json } from '../../common/index.js';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { SafetyChecks, type SafetyReport } from '../../guardian/index.js';
import { NodeKeys } from '../../keys/index.js';
import { ApproverCheck } from '../approval/approver-check.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { planHash, type Plan } from '../plan/planner.js';
import { OwnerCheck } from '../policy/owner-check.js';
import { PolicyBook } from '../policy/policy-book.js';
import { StepRegistry } from '../steps/step-registry.js';
import type { StepRow, TaskRow } from '../store/rows.js';
import { TaskStore } from '../store/task-store.js';
import { LEASE_MS } from './step-pulse.js';
import type { StepJob } from './step-queue.js';
import { ENGINE_ACTOR, TaskEngine } from './task-engine.js';

/** A step that this process, and no other, is working on. */
export interface ClaimedStep {
  readonly task: TaskRow;
  readonly step: StepRow;
  readonly attempt: number;
  /** Numbers the claims of a step: what is done under an earlier one counts for nothing. */
  readonly claim: string;
  /** Outputs of the steps before. */
  readonly outputs: readonly Json[];
  /** When nobody else is kept from taking it any more without a sign of life, by `performance.now()`; if anything too early. */
  readonly leaseEnds: number;
  /** When its deadline, and the time to note what came of it, are over, by `performance.now()`. */
  readonly timeEnds: number;
}

/** What claims that were not answered may have written down: ends of leases as PostgreSQL prints them, which no other claim has. */
export type ClaimTrace = Set<string>;

/** How much longer than its deadline it is tried to note what came of a step, ms. */
const GRACE_MS = 15_000;

/**
 * Claims steps. A claim is a transaction of its own: it asks once more for approval and policies, and writes down that the
 * step begins. Where that cannot be written (a full disk), the step does not begin.
 */
@Injectable()
export class StepClaims {
  /** Names this data folder: a step claimed under it and not settled at a start was cut off by a crash. */
  readonly instance: string;

  constructor(
    keys: NodeKeys,
    private readonly dataSource: DataSource,
    private readonly store: TaskStore,
    private readonly registry: StepRegistry,
    private readonly book: PolicyBook,
    private readonly engine: TaskEngine,
    private readonly trail: AuditTrail,
    private readonly gate: AutonomyGate,
    private readonly safety: SafetyChecks,
    private readonly approver: ApproverCheck,
    private readonly owner: OwnerCheck,
  ) {
    this.instance = bytesToHex(keys.logSigner.publicKey);
  }

  /**
   * The step of a job; null when there is nothing to do. While a guardian has stopped all automatic action a step stays
   * ready without a job; looking after left steps gives it one again. So does a step whose turn comes while it is not known which
   * policies are in force.
   * @param trace of the claims before that failed because the database was lost: one of them may be in force
   */
  async claim(job: StepJob, worker: string, trace: ClaimTrace = new Set()): Promise<ClaimedStep | null> {
    if (!this.gate.state().allowed) return null;
    const asked = performance.now();
    return this.engine.change(async (manager) => {
      const task = await this.store.hold(manager, job.task);
      if (!task.ok) return { task: null, value: null };
      const steps = await this.store.steps(job.task, manager);
      const step = steps.at(job.step);
      if (step === undefined) return { task: null, value: null };
      const outputs = steps.slice(0, step.index).map(({ output }) => output);
      if (step.state === 'executing' && step.lease !== null && trace.has(step.lease)) {
        // An outage may have taken most of its time: it gets all of it again.
        trace.add(String(await this.extend(manager, job.task, step.index, step.claim)));
        const { attempts: attempt, claim } = step;
        return {
          task: null,
          value: { task: task.value, step, attempt, claim, outputs, ...this.ends(asked, step) },
        };
      }
      if (!isDue(task.value, step)) return { task: null, value: null };
      if (step.kept === null && !this.book.known) return { task: null, value: null };
      const refusal = await this.compliance(manager, task.value, step);
      if (refusal !== null)
        return { task: await this.refuse(manager, task.value, step, refusal), value: null };
      const { begun, lease, claim } = await this.begin(manager, task.value, step, worker);
      trace.add(lease);
      const attempt = step.attempts + 1;
      return {
        task: begun,
        value: { task: begun, step, attempt, claim, outputs, ...this.ends(asked, step) },
      };
    });
  }

  /** Shows that a step is being worked on. @returns false when it is no longer this claim's: its task has ended, or another took it up */
  async alive({ task, step, claim }: ClaimedStep): Promise<boolean> {
    return (await this.extend(this.dataSource, task.id, step.index, claim)) !== null;
  }

  /** Keeps a value for later attempts; throws `STEP_LOST` when the step is no longer this claim's. */
  async keep({ task, step, claim }: ClaimedStep, value: Json): Promise<void> {
    const rows: unknown[] = await this.dataSource.query(
      `WITH kept AS (
         UPDATE task_steps SET kept = $4
         WHERE task_id = $1 AND step_index = $2 AND claim = $3 AND state = 'executing' RETURNING 1
       ) SELECT 1 FROM kept`,
      [task.id, step.index, claim, canonicalJson(value)],
    );
    if (rows.length === 0)
      throw new CodedError('STEP_LOST', 'The step was given to another attempt or has ended.', {}, 409);
  }

  /** What forbids a step now, although it was planned: approval, policies, amounts of the day. */
  private async compliance(manager: EntityManager, task: TaskRow, step: StepRow): Promise<CodedError | null> {
    const [{ plan: text }]: { plan: string }[] = await manager.query(
      'SELECT plan FROM task_plans WHERE id = $1',
      [task.planId],
    );
    const plan = JSON.parse(text) as Plan;
    const planned = plan.steps.at(step.index);
    const same =
      canonicalJson((planned?.parameters ?? null) as Json) === canonicalJson(step.parameters as Json);
    if (planHash(plan) !== task.planHash || planned?.type !== step.type || !same) return changed(task);
    const handler = this.registry.of(step.type);
    if (!handler.ok) return handler.error;
    const { risk, movesValue = false, alwaysApproval = false } = handler.value;
    // What was signed is finished: it may be out already.
    if (step.kept !== null) return null;
    const { verdict, refusal } = await this.owner.ask(manager, task, this.book.current.policies, {
      ...{ actionType: step.actionType, risk, movesValue, alwaysApproval, amount: step.amount },
      at: systemClock.now(),
    });
    if (refusal !== null) return refusal;
    const safety = movesValue ? await this.safety.check({ amount: step.amount ?? '0' }, manager) : null;
    if (safety?.outcome === 'blocked') return unsafe(safety);
    if (verdict.requires_approval || step.needsApproval || safety?.outcome === 'guardian') {
      const given = (await this.store.approvals(task.id, manager)).find((each) => each.step === step.index);
      if (given?.state !== 'approved' || given.planHash !== task.planHash) return notApproved();
      if (given.expired) return approvalOver();
      const unfit = await this.approver.whyNot(manager, task, given, verdict.four_eyes);
      if (unfit !== null) return unfit;
    }
    return this.overDaily(manager, step, verdict.daily_amount);
  }

  /** Amounts of any 24 hours are counted under a lock, so that two steps cannot both fit. */
  private async overDaily(
    manager: EntityManager,
    step: StepRow,
    limit: string | null,
  ): Promise<CodedError | null> {
    if (limit === null || step.amount === null || step.spent) return null;
    await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7))', [step.actionType]);
    const [{ total }]: { total: string }[] = await manager.query(
      `SELECT coalesce(sum(amount), 0)::text AS total FROM task_steps
       WHERE action_type = $1 AND spent_at > now() - interval '24 hours'`,
      [step.actionType],
    );
    return BigInt(total) + BigInt(step.amount) > BigInt(limit) ? tooMuch(limit, total) : null;
  }

  private async begin(
    manager: EntityManager,
    task: TaskRow,
    step: StepRow,
    worker: string,
  ): Promise<{ begun: TaskRow; lease: string; claim: string }> {
    if (step.state === 'ready') await this.store.moveStep(manager, task.id, step, 'executing');
    const [{ lease, claim }]: { lease: string; claim: string }[] = await manager.query(
      `WITH begun AS (UPDATE task_steps SET attempts = attempts + 1, claim = claim + 1, instance = $3, worker = $4, started_at = coalesce(started_at, $5),
         lease_until = now() + $6 * interval '1 millisecond',
         spent_at = CASE WHEN amount IS NULL THEN NULL ELSE coalesce(spent_at, now()) END
       WHERE task_id = $1 AND step_index = $2 RETURNING lease_until, claim)
       SELECT lease_until::text AS lease, claim FROM begun`,
      [task.id, step.index, this.instance, worker, systemClock.now(), LEASE_MS],
    );
    await this.trail.append(manager, {
      ...{ task: task.id, step: step.index, event: 'step.started', status: 'executing', actor: ENGINE_ACTOR },
      ...{ attempt: step.attempts + 1, plan_hash: task.planHash, input_hash: step.inputHash },
    });
    const begun = task.state === 'approved' ? await this.store.moveTask(manager, task, 'executing') : task;
    return { begun, lease, claim };
  }

  /** Leaves a step to its claim for a whole lease from now on. @returns the end of it, as PostgreSQL prints it; null where it is no longer that claim's */
  private async extend(
    manager: Pick<EntityManager, 'query'>,
    task: string,
    step: number,
    claim: string,
  ): Promise<string | null> {
    const rows: { lease: string }[] = await manager.query(
      `WITH extended AS (UPDATE task_steps SET lease_until = now() + $4 * interval '1 millisecond'
       WHERE task_id = $1 AND step_index = $2 AND claim = $3 AND state = 'executing' RETURNING lease_until)
       SELECT lease_until::text AS lease FROM extended`,
      [task, step, claim, LEASE_MS],
    );
    return rows.at(0)?.lease ?? null;
  }

  private ends(asked: number, { type }: StepRow): Pick<ClaimedStep, 'leaseEnds' | 'timeEnds'> {
    const handler = this.registry.of(type);
    const timeoutMs = handler.ok ? handler.value.timeoutMs : 0;
    return { leaseEnds: asked + LEASE_MS, timeEnds: asked + timeoutMs + GRACE_MS };
  }

  private async refuse(
    manager: EntityManager,
    task: TaskRow,
    step: StepRow,
    { code, message }: CodedError,
  ): Promise<TaskRow> {
    await this.store.moveStep(manager, task.id, step, 'failed', { code, detail: message });
    await this.trail.append(manager, {
      ...{ task: task.id, step: step.index, event: 'step.refused', status: 'failed', actor: ENGINE_ACTOR },
      ...{ plan_hash: task.planHash, input_hash: step.inputHash, code },
    });
    return this.engine.end(manager, task, 'failed', { code, reason: message });
  }
}

/** Whether a job's step is to be done: in the queue, or left behind by a worker whose time is over. */
function isDue({ state }: TaskRow, step: StepRow): boolean {
  if (state !== 'executing' && state !== 'approved') return false;
  return step.state === 'ready' || (step.state === 'executing' && !step.leased);
}

function changed({ planId, planHash: hash }: TaskRow): CodedError {
  return new CodedError(
    'PLAN_CHANGED',
    `The plan ${planId} or its steps are not what the hash says.`,
    { hash },
    409,
  );
}

function unsafe({ checks }: SafetyReport): CodedError {
  const detail = checks.filter(({ outcome }) => outcome === 'blocked').map((check) => check.detail);
  return new CodedError('SAFETY_BLOCKED', `A safety check forbids it: ${detail.join('; ')}.`, {}, 403);
}

function notApproved(): CodedError {
  return new CodedError(
    'APPROVAL_MISSING',
    'The step needs an approval of exactly this plan and has none.',
    {},
    403,
  );
}

function approvalOver(): CodedError {
  return new CodedError('APPROVAL_EXPIRED', 'The approval was given, but its time is over.', {}, 409);
}

function tooMuch(limit: string, total: string): CodedError {
  const detail = `With this, more than ${limit} would have been moved within 24 hours (${total} so far).`;
  return new CodedError('POLICY_DAILY_AMOUNT', detail, { limit, total }, 403);
}
