import type { RoleName } from '../../auth/index.js';
import type { Json } from '../../common/index.js';
import type { JsonObject } from '../steps/fields.js';
import type { Risk, SideEffect } from '../steps/step-handler.js';
import type { ApprovalState, StepState, TaskState } from '../states.js';

/** A task as stored. */
export interface TaskRow {
  readonly id: string;
  readonly position: string;
  readonly owner: string;
  readonly planId: string;
  readonly planHash: string;
  readonly taskType: string;
  readonly actionType: string;
  readonly risk: Risk;
  readonly description: string;
  readonly roles: readonly RoleName[];
  readonly state: TaskState;
  readonly code: string | null;
  readonly reason: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A step as stored. */
export interface StepRow {
  readonly index: number;
  readonly type: string;
  readonly actionType: string;
  readonly effect: SideEffect;
  readonly parameters: JsonObject;
  readonly delayMs: number;
  readonly needsApproval: boolean;
  readonly fourEyes: boolean;
  readonly amount: string | null;
  readonly spent: boolean;
  readonly state: StepState;
  readonly attempts: number;
  /** Number of the last claim; unlike attempts, it never goes back. */
  readonly claim: string;
  /** Whether a worker has it and its time is not over. */
  readonly leased: boolean;
  /** When that time is over, as PostgreSQL prints it. */
  readonly lease: string | null;
  readonly kept: Json;
  readonly inputHash: string;
  readonly output: Json;
  readonly outputHash: string | null;
  readonly code: string | null;
  readonly detail: string | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** A request for approval as stored; `pending` ones past their time read as `expired`. */
export interface ApprovalRow {
  readonly step: number;
  readonly planHash: string;
  readonly fourEyes: boolean;
  readonly state: ApprovalState;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly expired: boolean;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  readonly reason: string | null;
}

type Columns = Readonly<Record<string, string | number | boolean | Date | null>>;

const number = (value: unknown): number | null => (value === null ? null : Number(value));
const word = (value: unknown): string | null => (value === null ? null : String(value));
const json = (value: unknown): Json => (value === null ? null : (JSON.parse(String(value)) as Json));

/** A row of `tasks` joined with its plan's hash. */
export function taskRow(row: Columns): TaskRow {
  return {
    id: String(row.id),
    position: String(row.position),
    owner: String(row.owner),
    planId: String(row.plan_id),
    planHash: String(row.plan_hash),
    taskType: String(row.task_type),
    actionType: String(row.action_type),
    risk: row.risk as Risk,
    description: String(row.description),
    roles: json(row.roles) as unknown as RoleName[],
    state: row.state as TaskState,
    code: word(row.code),
    reason: word(row.reason),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}

/** A row of `task_steps` with `leased`. */
export function stepRow(row: Columns): StepRow {
  return {
    index: Number(row.step_index),
    type: String(row.type),
    actionType: String(row.action_type),
    effect: row.effect as SideEffect,
    parameters: json(row.parameters) as JsonObject,
    delayMs: Number(row.delay_ms),
    needsApproval: row.needs_approval === true,
    fourEyes: row.four_eyes === true,
    amount: word(row.amount),
    spent: row.spent_at !== null,
    state: row.state as StepState,
    attempts: Number(row.attempts),
    claim: String(row.claim),
    leased: row.leased === true,
    lease: word(row.lease),
    kept: json(row.kept),
    inputHash: String(row.input_hash),
    output: json(row.output),
    outputHash: word(row.output_hash),
    code: word(row.code),
    detail: word(row.detail),
    startedAt: number(row.started_at),
    finishedAt: number(row.finished_at),
  };
}

/** A row of `task_approvals` with `expired`. */
export function approvalRow(row: Columns): ApprovalRow {
  const expired = row.expired === true;
  return {
    step: Number(row.step_index),
    planHash: String(row.plan_hash),
    fourEyes: row.four_eyes === true,
    state: row.state === 'pending' && expired ? 'expired' : (row.state as ApprovalState),
    requestedAt: (row.requested_at as Date).getTime(),
    expiresAt: (row.expires_at as Date).getTime(),
    expired,
    decidedBy: word(row.decided_by),
    decidedAt: row.decided_at === null ? null : (row.decided_at as Date).getTime(),
    reason: word(row.reason),
  };
}
