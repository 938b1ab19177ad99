import type { Json } from '../../../src/common/canonical-json.js';
import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

/** A task as lists show it. Times are ms since the epoch. */
export interface TaskSummary {
  readonly task_id: string;
  readonly task_type: string;
  readonly action_type: string;
  readonly risk: string;
  readonly description: string;
  readonly state: string;
  readonly code: string | null;
  readonly reason: string | null;
  readonly owner: string;
  readonly plan_id: string;
  readonly plan_hash: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/** The request for approval of a step, and its answer. */
export interface Approval {
  readonly state: string;
  readonly plan_hash: string;
  readonly four_eyes: boolean;
  readonly expires_at: number;
  readonly decided_by: string | null;
  readonly decided_at: number | null;
  readonly reason: string | null;
}

/** A step of a task. */
export interface TaskStep {
  readonly step_id: string;
  readonly type: string;
  readonly effect: string;
  readonly parameters: Json;
  readonly state: string;
  readonly attempts: number;
  readonly approval: Approval | null;
  readonly output: Json;
  readonly code: string | null;
  readonly detail: string | null;
}

/** A task with its steps. */
export interface Task extends TaskSummary {
  readonly steps: readonly TaskStep[];
}

/** What happened to a task; `txid` is the number of its leaf, null until the log has numbered it. */
export interface AuditItem {
  readonly hash: string;
  readonly txid: number | null;
  readonly step: number | null;
  readonly event: string;
  readonly status: string;
  readonly actor: string;
  /** What a person said with an answer or a cancellation. */
  readonly reason?: string;
  readonly at: number;
}

/** Proof that a record is in the log. */
export interface AuditProof {
  readonly record_hash: string;
  readonly txid: number;
  readonly leaf: string;
  readonly tree_size: number;
  readonly hashes: readonly string[];
  readonly checkpoint: string;
  readonly log_key: string;
}

/** Tasks, newest first. */
export function listTasks(
  query: { readonly state?: string; readonly cursor?: string | null; readonly limit?: number },
  signal?: AbortSignal,
): Promise<Page<TaskSummary>> {
  return requestJson(withQuery('/tasks', query), { signal });
}

/** A task with its steps. */
export function getTask(id: string, signal?: AbortSignal): Promise<Task> {
  return requestJson(`/task/${encodeURIComponent(id)}`, { signal });
}

/** What happened to a task, oldest first. */
export function getAudit(id: string, signal?: AbortSignal): Promise<Page<AuditItem>> {
  return requestJson(withQuery(`/audit/${encodeURIComponent(id)}`, { limit: 500 }), { signal });
}

/** Proof that the record of a hash is in the log. */
export function getAuditProof(hash: string, signal?: AbortSignal): Promise<AuditProof> {
  return requestJson(`/audit/verify/${encodeURIComponent(hash)}`, { signal });
}

/** Approves or rejects the step that waits, for exactly the plan that was shown. */
export function answerApproval(
  task: Task,
  step: string,
  answer: { readonly approved: boolean; readonly reason: string },
): Promise<TaskSummary> {
  const body = { ...answer, step_id: step, plan_hash: task.plan_hash };
  return requestJson(`/task/${encodeURIComponent(task.task_id)}/approve`, { method: 'POST', body });
}

/** Ends a task. */
export function cancelTask(id: string, reason: string): Promise<TaskSummary> {
  return requestJson(`/task/${encodeURIComponent(id)}/cancel`, { method: 'POST', body: { reason } });
}
