import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

/** How a remedy fared against a cause. */
export interface RemedyRecord {
  readonly cause: string;
  readonly remedy: string;
  readonly attempts: number;
  readonly helped: number;
}

/** What the server can do about something. */
export interface Remedy {
  readonly name: string;
  readonly expected_effect: string;
  readonly blast_radius: string;
  readonly undo: string;
}

/** `GET /api/healing/status`. */
export interface HealingStatus {
  readonly mode: 'auto' | 'watch' | 'off';
  readonly every_s: number;
  readonly autonomy: { readonly allowed: boolean; readonly reason: string };
  readonly success: {
    readonly attempts: number;
    readonly helped: number;
    readonly rate: number | null;
    readonly remedies: readonly RemedyRecord[];
  };
  readonly causes: readonly {
    readonly cause: string;
    readonly remedies: readonly string[];
    readonly attempts: number;
    readonly tried_this_hour: number;
  }[];
  readonly remedies: readonly Remedy[];
}

/** Something that went wrong, and what was done about it. Times are ms since the epoch. */
export interface Incident {
  readonly incident_id: string;
  readonly cause: string;
  readonly state: string;
  readonly severity: string;
  readonly summary: string;
  readonly remedy: string | null;
  readonly attempts: number;
  readonly steps: readonly {
    readonly at: number;
    readonly state: string;
    readonly remedy: string | null;
    readonly detail: string;
  }[];
  readonly began_at: number;
  readonly opened_at: number;
  readonly closed_at: number | null;
}

/** What is wrong now. */
export interface Diagnosis {
  readonly symptoms: readonly { readonly cause: string; readonly summary: string }[];
  readonly processes: readonly { readonly pid: number; readonly name: string; readonly cpu: number }[];
}

/** Rules, remedies and their success. */
export function getHealing(signal?: AbortSignal): Promise<HealingStatus> {
  return requestJson('/api/healing/status', { signal });
}

/** Incidents, newest first. */
export function listIncidents(cursor: string | null, signal?: AbortSignal): Promise<Page<Incident>> {
  return requestJson(withQuery('/api/healing/incidents', { cursor, limit: 50 }), { signal });
}

/** Looks now. */
export function diagnoseNow(): Promise<Diagnosis> {
  return requestJson('/api/healing/diagnose', { method: 'POST' });
}

/** Uses a remedy now. */
export function applyRemedy(name: string, reason: string): Promise<{ readonly detail: string }> {
  return requestJson(`/api/healing/actions/${encodeURIComponent(name)}`, {
    method: 'POST',
    body: { reason },
  });
}
