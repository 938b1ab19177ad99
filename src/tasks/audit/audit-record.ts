import { randomUUID } from 'node:crypto';
import { canonicalJson, hashJson, systemClock, type Json } from '../../common/index.js';

/** Kind of an audit record's leaf in the log. */
export const AUDIT_ENTRY = 'task.audit';
/** Version of the record's document (docs/formats/task-audit.md). */
export const AUDIT_VERSION = 1;

/** What happened to a task or one of its steps. Whatever is private appears as a hash. */
export interface AuditRecord {
  readonly version: number;
  /** Makes every record another one. */
  readonly id: string;
  readonly task: string;
  /** Index of the step; null for the task as a whole. */
  readonly step: number | null;
  /** `task.created`, `step.started`, `step.completed`, `approval.approved`, … */
  readonly event: string;
  /** State of the step, or of the task, after it. */
  readonly status: string;
  readonly actor: string;
  readonly attempt: number;
  readonly plan_hash: string;
  readonly input_hash: string | null;
  readonly output_hash: string | null;
  /** Stable code of what went wrong; null when nothing did. */
  readonly code: string | null;
  /** What a person said with an answer or a cancellation; absent where nobody said anything. */
  readonly reason?: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** What a caller says of an event; the rest follows. */
export type AuditFacts = Pick<AuditRecord, 'task' | 'step' | 'event' | 'status' | 'actor' | 'plan_hash'> &
  Partial<Pick<AuditRecord, 'attempt' | 'input_hash' | 'output_hash' | 'code' | 'reason'>>;

/** The record of an event, now. */
export function auditRecord(facts: AuditFacts): AuditRecord {
  return {
    version: AUDIT_VERSION,
    id: randomUUID(),
    attempt: 0,
    input_hash: null,
    output_hash: null,
    code: null,
    ...facts,
    at: systemClock.now(),
  };
}

/** SHA-256 of a record's canonical JSON: the hash its leaf carries. */
export function auditHash(record: AuditRecord): string {
  return hashJson(record as unknown as Json);
}

/** A record's canonical JSON. */
export function auditText(record: AuditRecord): string {
  return canonicalJson(record as unknown as Json);
}
