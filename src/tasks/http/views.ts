import type { Json } from '../../common/index.js';
import type { StoredPlan } from '../plan/plan-service.js';
import type { ApprovalRow, StepRow, TaskRow } from '../store/rows.js';

/** A task as lists show it. */
export function taskView(task: TaskRow) {
  return {
    task_id: task.id,
    task_type: task.taskType,
    action_type: task.actionType,
    risk: task.risk,
    description: task.description,
    state: task.state,
    code: task.code,
    reason: task.reason,
    owner: task.owner,
    plan_id: task.planId,
    plan_hash: task.planHash,
    created_at: task.createdAt,
    updated_at: task.updatedAt,
  };
}

/** A step as its task shows it. */
export function stepView(step: StepRow, approval: ApprovalRow | undefined) {
  return {
    step_id: String(step.index),
    type: step.type,
    action_type: step.actionType,
    effect: step.effect,
    parameters: step.parameters as Json,
    state: step.state,
    attempts: step.attempts,
    requires_approval: step.needsApproval,
    approval: approval === undefined ? null : approvalView(approval),
    amount: step.amount,
    input_hash: step.inputHash,
    output: step.output,
    output_hash: step.outputHash,
    code: step.code,
    detail: step.detail,
    started_at: step.startedAt,
    finished_at: step.finishedAt,
  };
}

/** A plan as its endpoint shows it. */
export function planView({ id, owner, hash, plan, verdict, createdAt }: StoredPlan) {
  return { plan_id: id, plan_hash: hash, owner, created_at: createdAt, verdict, ...plan };
}

function approvalView(approval: ApprovalRow) {
  return {
    state: approval.state,
    plan_hash: approval.planHash,
    four_eyes: approval.fourEyes,
    requested_at: approval.requestedAt,
    expires_at: approval.expiresAt,
    decided_by: approval.decidedBy,
    decided_at: approval.decidedAt,
    reason: approval.reason,
  };
}
