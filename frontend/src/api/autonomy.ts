import type { Json } from '../../../src/common/canonical-json.js';
import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

/** Parameters of an action. */
export type ActionParameters = Readonly<Record<string, Json>>;

/** What a feature did to a confidence, in log-odds. */
export interface Contribution {
  readonly feature: string;
  readonly value: number;
  /** Whether it was measured; else `value` is the assumption that speaks against the action. */
  readonly known: boolean;
  readonly weight: number;
  readonly logOdds: number;
}

/** One limit and what was measured against it. */
export interface SafetyCheck {
  readonly name: string;
  readonly value: number | string | null;
  readonly limit: number | string;
  readonly outcome: 'passed' | 'guardian' | 'blocked';
  readonly detail: string;
}

/** An action that would do instead of the one asked for. */
export interface Alternative {
  readonly action: string;
  readonly touches: string;
  /** Share of what the server does that it would touch, 0 to 1. */
  readonly blast_radius: number;
  readonly expected_effect: string;
  readonly undo: string;
}

/** What an action would do, and what it is judged by. */
export interface Judged {
  readonly state: string;
  readonly what: string;
  readonly why: string;
  readonly touches: string;
  readonly expected_effect: string;
  readonly undo: string;
  /** What whoever acts by itself would do as well, if a guardian chooses it instead. */
  readonly alternatives: readonly Alternative[];
  readonly evidence: Readonly<Record<string, Json>>;
  readonly confidence: {
    readonly raw: number;
    readonly estimate: number;
    readonly lower: number;
    readonly support: number;
    readonly threshold: number;
    readonly model: string;
    readonly bias: number;
    readonly contributions: readonly Contribution[];
  };
  readonly safety: { readonly outcome: string; readonly checks: readonly SafetyCheck[] } | null;
  readonly grounds: readonly { readonly code: string; readonly detail: string }[];
  readonly circumstances: {
    /** Share of what the server does that it would touch, 0 to 1. */
    readonly blast_radius: number;
  };
}

/** A decision. Times are ms since the epoch. */
export interface Decision extends Judged {
  readonly decision_id: string;
  readonly type: string;
  readonly action: string;
  readonly subject: string;
  readonly parameters: ActionParameters;
  readonly asked_by: string;
  readonly automatic: boolean;
  readonly delegated: boolean;
  readonly decided_by: string | null;
  readonly reason: string | null;
  readonly result: Json;
  readonly helped: boolean | null;
  readonly detail: string | null;
  readonly created_at: number;
  readonly escalation?: Escalation | null;
}

/** A question to the guardians. */
export interface Escalation {
  readonly escalation_id: string;
  readonly state: string;
  readonly asked_at: number;
  readonly expires_at: number;
  readonly if_nobody_answers: string | null;
  readonly answered_by: string | null;
  readonly answered_at: number | null;
  readonly reason: string | null;
  readonly decision: Decision;
}

/** A step of a task that waits for an approval. */
export interface WaitingApproval {
  readonly task_id: string;
  readonly step_id: string;
  readonly task_type: string;
  readonly action_type: string;
  readonly risk: string;
  readonly description: string;
  readonly asked_by: string;
  readonly amount: string | null;
  readonly four_eyes: boolean;
  readonly expires_at: number;
  readonly if_nobody_answers: string;
}

/** Whether automatic action, or inference with it, is stopped. */
export interface StopState {
  readonly stopped: boolean;
  readonly inference: boolean;
  readonly by: string;
  readonly reason: string;
  readonly at: number | null;
}

/** An action the server knows. */
export interface KnownAction {
  readonly type: string;
  readonly name: string;
  readonly summary: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A record of what guardians and automatic action did. */
export interface GuardianRecord {
  readonly hash: string;
  readonly txid: number | null;
  readonly event: string;
  readonly actor: string;
  readonly decision: string | null;
  readonly reason: string | null;
  readonly at: number;
}

/** Everything a guardian needs at a glance. */
export interface Dashboard {
  readonly autonomy: StopState;
  readonly escalations: readonly Escalation[];
  readonly approvals: readonly WaitingApproval[];
  readonly decisions: readonly Decision[];
  readonly audit: readonly GuardianRecord[];
  readonly matrix: { readonly hash: string; readonly problem: { readonly detail: string } | null };
  readonly safety: {
    readonly thresholds: Readonly<Record<string, number>>;
    readonly security_score: number | null;
  };
  readonly stages: Readonly<
    Record<string, { readonly version: string; readonly stage: string; readonly share: number }>
  >;
  readonly engine: { readonly size: Readonly<Record<string, number>> };
  readonly actions: readonly KnownAction[];
}

/** Decisions of about equal confidence. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly confidence: number | null;
  readonly successRate: number | null;
}

/** How well the server judges itself. */
export interface JudgementFigures {
  readonly decisions: number;
  readonly reliability: readonly ReliabilityBin[];
  readonly brier: number | null;
  readonly ece: number;
  readonly regret: {
    readonly answers: number;
    readonly wronglyPassed: number;
    readonly wronglyHeld: number;
  } | null;
}

/** The same, with what each type is judged by. */
export interface DecisionMetrics extends JudgementFigures {
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly types: readonly (JudgementFigures & {
    readonly type: string;
    readonly rules: {
      readonly threshold: number;
      readonly automatic_per_hour: number;
      readonly cooldown_s: number;
      readonly attempts_per_day: number;
      readonly blast_radius: number;
      readonly answer_within_s: number;
      readonly shadow: boolean;
      readonly automatic_actions: readonly string[];
    };
  })[];
}

/** An action somebody asks for. */
export interface DecisionRequest {
  readonly type: string;
  readonly action: string;
  readonly parameters: ActionParameters;
  readonly reason?: string;
}

/** Whether automatic action is stopped; for everybody. */
export function getStopState(signal?: AbortSignal): Promise<Pick<StopState, 'stopped' | 'inference' | 'at'>> {
  return requestJson('/api/guardian/state', { signal });
}

/** Everything a guardian needs at a glance. */
export function getDashboard(signal?: AbortSignal): Promise<Dashboard> {
  return requestJson('/api/guardian/dashboard', { signal });
}

/** Decisions, newest first. */
export function listDecisions(
  query: { readonly type?: string; readonly cursor?: string | null; readonly limit?: number },
  signal?: AbortSignal,
): Promise<Page<Decision>> {
  return requestJson(withQuery('/api/autonomous/decisions', query), { signal });
}

/** A decision with its question. */
export function getDecision(id: string, signal?: AbortSignal): Promise<Decision> {
  return requestJson(`/api/autonomous/decisions/${encodeURIComponent(id)}`, { signal });
}

/** How well the server judges itself. */
export function getDecisionMetrics(signal?: AbortSignal): Promise<DecisionMetrics> {
  return requestJson('/api/autonomous/metrics', { signal });
}

/** What would become of a request. */
export function foresee(body: DecisionRequest): Promise<Judged> {
  return requestJson('/api/autonomous/decision', { method: 'POST', body: { ...body, dry_run: true } });
}

/** Asks for an action. */
export function askFor(body: DecisionRequest): Promise<Decision> {
  return requestJson('/api/autonomous/decision', { method: 'POST', body });
}

/** Answers a question; `parameters` approves others than those asked for. */
export function answerEscalation(
  id: string,
  approved: boolean,
  body: { readonly reason: string; readonly parameters?: ActionParameters; readonly action?: string },
): Promise<Decision> {
  const path = `/api/guardian/escalations/${encodeURIComponent(id)}/${approved ? 'approve' : 'reject'}`;
  return requestJson(path, { method: 'POST', body });
}

/** Overrides a decision. */
export function overrideDecision(
  id: string,
  outcome: 'approve' | 'reject' | 'undo',
  reason: string,
): Promise<Decision> {
  const body = { decision_id: id, outcome, reason };
  return requestJson('/api/guardian/override', { method: 'POST', body });
}

/** Orders an action, whatever the matrix says; the same order under the same key is done once. */
export function orderAction(body: {
  readonly action: string;
  readonly parameters: ActionParameters;
  readonly reason: string;
  readonly idempotency_key: string;
}): Promise<Decision> {
  return requestJson('/api/guardian/override', { method: 'POST', body });
}

/** Stops all automatic action. */
export function emergencyStop(reason: string, inference: boolean): Promise<StopState> {
  return requestJson('/api/guardian/emergency-stop', { method: 'POST', body: { reason, inference } });
}

/** Lets it go on. */
export function resumeAutonomy(reason: string): Promise<StopState> {
  return requestJson('/api/guardian/resume', { method: 'POST', body: { reason } });
}

/** Goes back to the release and the settings of before. */
export function rollBack(reason: string): Promise<{ readonly decisions: readonly Decision[] }> {
  return requestJson('/api/guardian/rollback', { method: 'POST', body: { reason } });
}
