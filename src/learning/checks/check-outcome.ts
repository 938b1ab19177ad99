import type { Json } from '../../common/index.js';

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
