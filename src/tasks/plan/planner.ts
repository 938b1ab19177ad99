import type { RoleName } from '../../auth/index.js';
import {
  canonicalJson,
  CodedError,
  err,
  hashJson,
  ok,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../common/index.js';
import type { PolicySet } from '../policy/policy-rules.js';
import { askPolicies, type PolicyVerdict } from '../policy/policy-verdict.js';
import { MOST_PARAMETER_BYTES, type JsonObject } from '../steps/fields.js';
import type { ProposedStep, Risk, SideEffect, StepHandler } from '../steps/step-handler.js';
import { RISKS } from '../steps/step-handler.js';

/** Steps that one plan may have. */
export const MOST_STEPS = 128;
/** Version of the plan's document, which its hash covers. */
export const PLAN_VERSION = 1;

/** One step of a plan. */
export interface PlannedStep {
  readonly type: string;
  readonly action_type: string;
  readonly parameters: JsonObject;
  readonly delay_ms: number;
  readonly effect: SideEffect;
  readonly requires_approval: boolean;
  readonly four_eyes: boolean;
  /** What it moves, decimal digits; null where it moves nothing. */
  readonly amount: string | null;
}

/** What is going to be done: approvals are bound to the hash of this. */
export interface Plan {
  readonly version: number;
  readonly task_type: string;
  readonly action_type: string;
  readonly risk: Risk;
  readonly parameters: JsonObject;
  readonly steps: readonly PlannedStep[];
  /** Hash of the policies that were asked. */
  readonly policy: string;
}

/** A plan with its hash and what the policies say of it. */
export interface JudgedPlan {
  readonly plan: Plan;
  /** SHA-256 of the plan's canonical JSON. */
  readonly hash: string;
  readonly verdict: PolicyVerdict;
}

/** What a plan is made from. */
export interface PlanRequest {
  readonly taskType: string;
  readonly parameters: unknown;
  readonly roles: readonly RoleName[];
  /** ms since the epoch. */
  readonly at: number;
}

/** Finds handlers: of tasks that may be asked for, and of steps. */
export interface HandlerSource {
  startable(type: string): Result<StepHandler>;
  of(type: string): Result<StepHandler>;
}

/**
 * Plans a task: what it is, how risky, what the policies say, which steps it takes. Pure: the same request, handlers and
 * policies give the same hash. Refusals: TASK_TYPE_UNKNOWN, PARAMETERS_INVALID, PARAMETERS_TOO_LARGE, PLAN_TOO_LONG,
 * STEP_UNAVAILABLE and what handlers say of themselves.
 */
export function planTask(
  { taskType, parameters: raw, roles, at }: PlanRequest,
  handlers: HandlerSource,
  { policies, hash }: { readonly policies: PolicySet; readonly hash: string },
): Result<JudgedPlan> {
  const handler = handlers.startable(taskType);
  if (!handler.ok) return handler;
  const away = handler.value.unavailable?.() ?? null;
  if (away !== null) return err(away);
  if (utf8ToBytes(JSON.stringify(raw) ?? '').length > MOST_PARAMETER_BYTES) return err(tooLarge());
  const parameters = handler.value.parse(raw);
  if (!parameters.ok) return parameters;
  const proposed = handler.value.plan?.(parameters.value) ?? [
    { type: taskType, parameters: parameters.value },
  ];
  if (proposed.length > MOST_STEPS) return err(tooLong(proposed.length));
  const judged: { step: PlannedStep; verdict: PolicyVerdict }[] = [];
  for (const step of proposed) {
    const next = judgeStep(step, handlers, policies, roles, at);
    if (!next.ok) return next;
    judged.push(next.value);
  }
  const worst = judged.reduce((a, b) => (weight(b.verdict) > weight(a.verdict) ? b : a));
  const plan: Plan = {
    version: PLAN_VERSION,
    task_type: taskType,
    action_type: worst.step.action_type,
    risk: worst.verdict.risk,
    parameters: parameters.value,
    steps: judged.map(({ step }) => step),
    policy: hash,
  };
  return ok({ plan, hash: planHash(plan), verdict: worst.verdict });
}

/** SHA-256 of a plan's canonical JSON. */
export function planHash(plan: Plan): string {
  return hashJson(plan as unknown as Json);
}

/** The canonical JSON of a plan: what its hash covers. */
export function planText(plan: Plan): string {
  return canonicalJson(plan as unknown as Json);
}

function judgeStep(
  { type, parameters: raw, delayMs = 0 }: ProposedStep,
  handlers: HandlerSource,
  policies: PolicySet,
  roles: readonly RoleName[],
  at: number,
): Result<{ step: PlannedStep; verdict: PolicyVerdict }> {
  const handler = handlers.of(type);
  if (!handler.ok) return handler;
  const parameters = handler.value.parse(raw);
  if (!parameters.ok) return parameters;
  const { effect, risk, movesValue = false, alwaysApproval = false } = handler.value;
  const actionType = handler.value.actionType?.(parameters.value) ?? type;
  const amount = handler.value.amount?.(parameters.value) ?? null;
  const verdict = askPolicies(policies, { actionType, risk, movesValue, alwaysApproval, amount, roles, at });
  const step: PlannedStep = {
    ...{ type, action_type: actionType, parameters: parameters.value, delay_ms: delayMs, effect, amount },
    requires_approval: verdict.requires_approval,
    four_eyes: verdict.four_eyes,
  };
  return ok({ step, verdict });
}

/** The step that says most of a plan: a denied one first, then the riskiest. */
function weight({ allowed, risk }: PolicyVerdict): number {
  return (allowed ? 0 : RISKS.length) + RISKS.indexOf(risk);
}

function tooLarge(): CodedError {
  return new CodedError(
    'PARAMETERS_TOO_LARGE',
    `Parameters have at most ${MOST_PARAMETER_BYTES} bytes.`,
    {},
    413,
  );
}

function tooLong(steps: number): CodedError {
  return new CodedError('PLAN_TOO_LONG', `This would take ${steps} steps; a plan has at most ${MOST_STEPS}.`);
}
