import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { mayAct, type Identity } from '../../auth/index.js';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { AppConfig } from '../../config/index.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { PlanService, planChanged } from '../plan/plan-service.js';
import { TaskEngine } from '../run/task-engine.js';
import type { ApprovalRow, TaskRow } from '../store/rows.js';
import { TaskStore } from '../store/task-store.js';

/** An answer to a request for approval. */
export interface ApprovalAnswer {
  readonly approved: boolean;
  readonly reason: string;
  /** Index of the step; null answers for the one that waits. */
  readonly step: number | null;
  /** Hash of the plan the answer is about; null: the one that is stored. */
  readonly planHash: string | null;
}

/** Answers of guardians. The first one counts; a later one changes nothing and is told what was decided. */
@Injectable()
export class ApprovalService {
  constructor(
    private readonly config: AppConfig,
    private readonly store: TaskStore,
    private readonly plans: PlanService,
    private readonly engine: TaskEngine,
    private readonly trail: AuditTrail,
  ) {}

  /**
   * Approves or rejects. Refusals, all 409 but the first: TASK_NOT_FOUND, APPROVAL_NOT_WAITED_FOR, APPROVAL_DECIDED (with
   * what, by whom, when), APPROVAL_EXPIRED, PLAN_CHANGED, and for one's own task FOUR_EYES or FOUR_EYES_UNMET.
   */
  answer(id: string, answer: ApprovalAnswer, who: Identity): Promise<Result<TaskRow>> {
    return this.engine.change<Result<TaskRow>>(async (manager) => {
      const task = await this.store.hold(manager, id);
      if (!task.ok) return { task: null, value: task };
      const value = await this.decide(manager, task.value, answer, who);
      return { task: value.ok ? value.value : null, value };
    });
  }

  private async decide(
    manager: EntityManager,
    task: TaskRow,
    answer: ApprovalAnswer,
    who: Identity,
  ): Promise<Result<TaskRow>> {
    const requests = await this.store.approvals(task.id, manager);
    const asked =
      answer.step === null
        ? (requests.find(({ state }) => state === 'pending') ?? requests.at(-1))
        : requests.find(({ step }) => step === answer.step);
    const refused = asked === undefined ? notAsked(task) : this.whyNot(task, asked, answer, who);
    if (refused !== null) return err(refused);
    const plan = await this.plans.find(task.planId, manager);
    if (!plan.ok) return plan;
    const { step } = asked as ApprovalRow;
    const state = answer.approved ? 'approved' : 'rejected';
    await manager.query(
      `UPDATE task_approvals SET state = $3, decided_by = $4, decided_at = now(), reason = $5
       WHERE task_id = $1 AND step_index = $2`,
      [task.id, step, state, who.subject, answer.reason],
    );
    await this.trail.append(manager, {
      ...{ task: task.id, step, event: `approval.${state}`, status: state },
      ...{ actor: who.subject, plan_hash: task.planHash, reason: answer.reason },
    });
    if (!answer.approved) {
      const why = { actor: who.subject, code: 'APPROVAL_REJECTED', reason: answer.reason };
      return ok(await this.engine.end(manager, task, 'rejected', why));
    }
    const approved = await this.store.moveTask(manager, task, 'approved');
    const waiting = (await this.store.steps(task.id, manager))[step];
    await this.engine.answered(manager, task, waiting);
    return ok(await this.engine.enqueue(manager, approved, waiting));
  }

  private whyNot(
    task: TaskRow,
    { state, planHash, fourEyes, ...decided }: ApprovalRow,
    answer: ApprovalAnswer,
    who: Identity,
  ): CodedError | null {
    if (state === 'expired') return expired(decided.expiresAt);
    if (state !== 'pending') return alreadyDecided(state, decided);
    if (planHash !== task.planHash || (answer.planHash !== null && answer.planHash !== planHash))
      return planChanged(task.planId);
    if (!fourEyes || !answer.approved || who.subject !== task.owner) return null;
    return this.config.singleUser ? fourEyesUnmet() : ownTask();
  }

  /** Ends tasks whose approval nobody gave in time. */
  async expire(): Promise<void> {
    for (const id of await this.store.lateApprovals()) {
      await this.engine.change(async (manager) => {
        const task = unwrap(await this.store.hold(manager, id));
        const request = (await this.store.approvals(id, manager)).find(
          ({ expired: over, decidedAt }) => over && decidedAt === null,
        );
        if (task.state !== 'waiting_approval' || request === undefined) return { task: null, value: null };
        await manager.query(
          `UPDATE task_approvals SET state = 'expired' WHERE task_id = $1 AND step_index = $2`,
          [id, request.step],
        );
        const why = { code: 'APPROVAL_EXPIRED', reason: 'Nobody approved it in time.' };
        return { task: await this.engine.end(manager, task, 'failed', why), value: null };
      });
    }
  }
}

/** Whether somebody may answer: guardians and admins. */
export function mayApprove(who: Identity): boolean {
  return mayAct(who, ['guardian']);
}

function notAsked({ state }: TaskRow): CodedError {
  return new CodedError(
    'APPROVAL_NOT_WAITED_FOR',
    `The task waits for no approval; it is ${state}.`,
    { state },
    409,
  );
}

function alreadyDecided(
  state: string,
  { decidedBy, decidedAt, reason }: Pick<ApprovalRow, 'decidedBy' | 'decidedAt' | 'reason'>,
): CodedError {
  const when = decidedAt === null ? null : new Date(decidedAt).toISOString();
  const detail =
    decidedBy === null
      ? `The request was ${state} before anybody answered.`
      : `${decidedBy} has ${state} it already, at ${when}; nothing was changed.`;
  return new CodedError('APPROVAL_DECIDED', detail, { decided: state, by: decidedBy, at: when, reason }, 409);
}

function expired(at: number): CodedError {
  const when = new Date(at).toISOString();
  return new CodedError(
    'APPROVAL_EXPIRED',
    `The approval could be given until ${when}.`,
    { expired: when },
    409,
  );
}

function ownTask(): CodedError {
  const detail = 'The policy asks for four eyes: whoever asked for a task cannot approve it.';
  return new CodedError('FOUR_EYES', detail, {}, 409);
}

function fourEyesUnmet(): CodedError {
  const detail =
    'The policy asks for four eyes, and in single-user mode there is only one pair: use accounts (HOST, JWT_SECRET) or change the policy.';
  return new CodedError('FOUR_EYES_UNMET', detail, {}, 409);
}
