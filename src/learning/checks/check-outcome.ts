import type { Json } from '../../common/index.js';
import type { DataFigures } from '../audit/shown-data.js';

/** The checks a submission goes through, the cheapest first. */
export type CheckName =
  'shape' | 'signature' | 'quota' | 'anti_copy' | 'pre_filter' | 'learnt_filter' | 'audit' | 'evaluation';

/** What a check found. */
export interface CheckOutcome {
  readonly name: CheckName;
  readonly passed: boolean;
  /** Stable code of the refusal; null for a check that passed. */
  readonly code: string | null;
  readonly detail: string;
  readonly figures: Json;
  /** How long it took, ms. */
  readonly took_ms: number;
}

/** A check that passed. */
export function passed(name: CheckName, detail: string, figures: Json, tookMs: number): CheckOutcome {
  return { name, passed: true, code: null, detail, figures, took_ms: Math.round(tookMs) };
}

/** A check that did not. */
export function failed(
  name: CheckName,
  { code, detail }: { readonly code: string; readonly detail: string },
  figures: Json,
  tookMs: number,
): CheckOutcome {
  return { name, passed: false, code, detail, figures, took_ms: Math.round(tookMs) };
}

/**
 * The audit of a training that is not audited. It counts as passed: what the weights are worth is found out all the same.
 * @param isOwnDoing whether it was shown, and this server cannot replay it any more: then it is paid all the same
 */
export function notAudited(why: string, isOwnDoing = false): CheckOutcome {
  return passed('audit', `not audited: ${why}`, { skipped: why, ...(isOwnDoing && { shown: true }) }, 0);
}

/** Why a training was not audited, as `notAudited` has noted it; null where nothing was noted. */
export function skippedAudit(checks: readonly CheckOutcome[]): string | null {
  const { skipped } = auditIn(checks);
  return typeof skipped === 'string' ? skipped : null;
}

/** As `skippedAudit`, but null where the contributor has shown the training, and this server changed before it was replayed. */
export function unpaidAudit(checks: readonly CheckOutcome[]): string | null {
  return auditIn(checks).shown === true ? null : skippedAudit(checks);
}

/** In which datasets the documents stand that an audit was shown; null where there was none, or from before they were looked for. */
export function auditedData(checks: readonly CheckOutcome[]): DataFigures | null {
  return (auditIn(checks).data as DataFigures | undefined) ?? null;
}

function auditIn(checks: readonly CheckOutcome[]): {
  readonly skipped?: unknown;
  readonly shown?: unknown;
  readonly data?: unknown;
} {
  return (checks.find(({ name }) => name === 'audit')?.figures ?? {}) as object;
}
