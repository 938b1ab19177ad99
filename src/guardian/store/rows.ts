import type { Json } from '../../common/index.js';
import type { Calibrated, Circumstances, Contribution, DecisionType, Reason } from '../../decision/index.js';
import type { ActionParameters, Proposal } from '../actions/decision-action.js';
import type { SafetyReport } from '../safety/safety-report.js';
import type { DecisionState, EscalationState } from '../states.js';

/** Why a decision went the way it did; the judge's codes, and `SAFETY`, `OVERRIDE`, `FEATURES`. */
export interface Ground {
  readonly code: Reason['code'] | 'SAFETY' | 'OVERRIDE' | 'FEATURES';
  readonly detail: string;
}

/** All that a decision was judged by, as it was then. */
export interface Appraisal {
  /** Calibrated confidence; automatic approval looks at `lower`. */
  readonly confidence: Calibrated & { readonly raw: number; readonly threshold: number };
  /** Version of the feature model, its bias and what each feature did, in log-odds. */
  readonly model: string;
  readonly bias: number;
  readonly contributions: readonly Contribution[];
  readonly circumstances: Circumstances;
  readonly safety: SafetyReport | null;
  readonly intended: 'approve' | 'escalate';
  readonly outcome: 'approve' | 'escalate' | 'hold' | 'record' | 'refuse';
  readonly grounds: readonly Ground[];
  /** Hash of the matrix it was judged by. */
  readonly matrix: string;
}

/** A decision as stored. Times are ms since the epoch. */
export interface DecisionRow {
  readonly id: string;
  readonly position: string;
  readonly type: DecisionType;
  readonly action: string;
  readonly subject: string;
  readonly parameters: ActionParameters;
  readonly askedBy: string;
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
  /** Whether whoever asked acts and reports; else this server's own action does. */
  readonly delegated: boolean;
  readonly emergency: boolean;
  readonly proposal: Proposal;
  readonly appraisal: Appraisal;
  readonly state: DecisionState;
  /** Whether it passed without a guardian. */
  readonly automatic: boolean;
  readonly decidedBy: string | null;
  readonly reason: string | null;
  /** What the action answered; `undo` needs it. */
  readonly result: Json;
  readonly helped: boolean | null;
  readonly detail: string | null;
  readonly actedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What changes in a decision besides its state. */
export interface DecisionChange {
  readonly decidedBy?: string;
  readonly reason?: string;
  readonly automatic?: boolean;
  readonly parameters?: Json;
  /** Another action than the one asked for, with its proposal. */
  readonly action?: string;
  readonly proposal?: Json;
  readonly result?: Json;
  readonly helped?: boolean;
  readonly detail?: string;
  /** Leaves the action to this process for so long, ms. */
  readonly leaseMs?: number;
}

/** A question to the guardians as stored. */
export interface EscalationRow {
  readonly id: string;
  readonly position: string;
  readonly decision: string;
  readonly state: EscalationState;
  readonly askedAt: number;
  readonly expiresAt: number;
  /** Whether its time is over, answered or not. */
  readonly late: boolean;
  readonly answeredBy: string | null;
  readonly answeredAt: number | null;
  readonly reason: string | null;
  /** Parameters a guardian approved instead of those asked for. */
  readonly amended: ActionParameters | null;
}

/** Columns as the driver gives them. */
export type Columns = Readonly<Record<string, string | number | boolean | Date | null>>;

const word = (value: unknown): string | null => (value === null ? null : String(value));
const time = (value: unknown): number | null => (value === null ? null : new Date(value as Date).getTime());
const json = (value: unknown): Json => (value === null ? null : (JSON.parse(String(value)) as Json));

/** A row of `decisions`. */
export function decisionRow(row: Columns): DecisionRow {
  return {
    id: String(row.id),
    position: String(row.position),
    type: row.type as DecisionType,
    action: String(row.action),
    subject: String(row.subject),
    parameters: json(row.parameters) as ActionParameters,
    askedBy: String(row.asked_by),
    idempotencyKey: word(row.idempotency_key),
    requestHash: String(row.request_hash),
    delegated: row.delegated === true,
    emergency: row.emergency === true,
    proposal: json(row.proposal) as unknown as Proposal,
    appraisal: json(row.appraisal) as unknown as Appraisal,
    state: row.state as DecisionState,
    automatic: row.automatic === true,
    decidedBy: word(row.decided_by),
    reason: word(row.reason),
    result: json(row.result),
    helped: row.helped === null ? null : row.helped === true,
    detail: word(row.detail),
    actedAt: time(row.acted_at),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}

/** A row of `escalations`, with `late` worked out by the database's clock. */
export function escalationRow(row: Columns): EscalationRow {
  return {
    id: String(row.id),
    position: String(row.position),
    decision: String(row.decision_id),
    state: row.state as EscalationState,
    askedAt: Number(time(row.asked_at)),
    expiresAt: Number(time(row.expires_at)),
    late: row.late === true,
    answeredBy: word(row.answered_by),
    answeredAt: time(row.answered_at),
    reason: word(row.reason),
    amended: json(row.amended) as ActionParameters | null,
  };
}
