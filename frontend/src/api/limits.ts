import { requestJson } from './client.js';

/** Limits by name, as the API writes them. */
export type Limits = Readonly<Record<string, number>>;

/** The limits of what moves value or changes what is served. */
export interface LimitsInForce {
  readonly thresholds: Limits;
  /** What holds where nobody has changed anything. */
  readonly defaults: Limits;
  readonly security_score: number | null;
}

/** Who changed limits, when and why. */
export interface LimitChange {
  readonly hash: string;
  /** Leaf of the log; null while it is on its way. */
  readonly txid: number | null;
  readonly at: number;
  readonly actor: string;
  readonly reason: string | null;
  readonly from: Limits;
  readonly to: Limits;
}

/** The limits in force. */
export function getLimits(signal?: AbortSignal): Promise<LimitsInForce> {
  return requestJson('/api/guardian/monitor/config', { signal });
}

/** Changes of limits, newest first. */
export function listLimitChanges(signal?: AbortSignal): Promise<{ readonly items: readonly LimitChange[] }> {
  return requestJson('/api/guardian/monitor/history', { signal });
}

/** Changes some limits, on record. */
export function changeLimits(changes: Limits, reason: string): Promise<unknown> {
  return requestJson('/api/guardian/monitor/config', { method: 'PUT', body: { ...changes, reason } });
}
