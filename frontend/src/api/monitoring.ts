import type { Json } from '../../../src/common/canonical-json.js';
import { requestJson, withQuery } from './client.js';
import type { Page } from './page.js';

/** What an agent found. */
export type AgentStatus = 'ok' | 'warning' | 'critical' | 'unknown';

/** An agent and what it saw last. Times are ms since the epoch. */
export interface Agent {
  readonly name: string;
  readonly about: string;
  readonly status: AgentStatus;
  readonly score: number | null;
  readonly detail: string;
  readonly measures: Readonly<Record<string, number>>;
  readonly at: number | null;
}

/** A server that measures. */
export interface MeasuringServer {
  readonly node: string;
  /** Which of several servers of that name it is; null in what was written before they were told apart. */
  readonly instance: string | null;
}

/** What an agent measured within one span of time: means, and where it measured more than once what was least and most. */
export interface AgentMeasurement {
  readonly at: number;
  readonly count: number;
  readonly status: AgentStatus;
  readonly measures: Readonly<Record<string, number>>;
  readonly most?: Readonly<Record<string, number>>;
}

/** What an agent measured on one server, oldest first. */
export interface AgentHistory {
  readonly node: string | null;
  readonly instance: string;
  /** Servers whose history can be asked for. */
  readonly servers: readonly (MeasuringServer & { readonly instance: string })[];
  readonly items: readonly AgentMeasurement[];
}

/** Whose history, how far back, and which measures. */
export interface HistoryQuestion {
  readonly hours: number;
  /** Null for the server that is asked. */
  readonly instance: string | null;
  readonly measures: readonly string[];
}

/** Trouble that somebody should know of. */
export interface Alert {
  readonly alert_id: string;
  readonly fingerprint: string;
  readonly source: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly state: 'firing' | 'acknowledged' | 'resolved';
  /** Until when nobody is told of it; null where somebody is. */
  readonly silenced_until: number | null;
  readonly summary: string;
  readonly evidence: Readonly<Record<string, Json>>;
  readonly lasting: boolean;
  readonly occurrences: number;
  readonly raised_at: number;
  readonly seen_at: number;
  readonly acknowledged_by: string | null;
  readonly reason: string | null;
}

/** A full health report. */
export interface HealthReport {
  readonly report_id: string;
  readonly node: string;
  /** Which of several servers of that name it is; null in what was written before they were told apart. */
  readonly instance: string | null;
  readonly at: number;
  readonly status: string;
  readonly report: Json;
}

/** The agents and how often they look. */
export function listAgents(
  signal?: AbortSignal,
): Promise<{ readonly every_minutes: number; readonly items: readonly Agent[] }> {
  return requestJson('/api/monitoring/agents', { signal });
}

/** What an agent measured on one server, in at most 600 spans. */
export function agentHistory(
  name: string,
  { hours, instance, measures }: HistoryQuestion,
  signal?: AbortSignal,
): Promise<AgentHistory> {
  const query = { hours, instance, measures: measures.join(',') };
  return requestJson(withQuery(`/api/monitoring/agents/${encodeURIComponent(name)}/history`, query), {
    signal,
  });
}

/** Lets an agent look now. */
export function runAgent(name: string): Promise<unknown> {
  return requestJson(`/api/monitoring/agents/${encodeURIComponent(name)}/run`, { method: 'POST' });
}

/** Alerts, newest first. */
export function listAlerts(
  query: { readonly open: boolean; readonly cursor?: string | null },
  signal?: AbortSignal,
): Promise<Page<Alert>> {
  const { open, cursor } = query;
  return requestJson(withQuery('/api/monitoring/alerts', { open: open ? 'true' : null, cursor, limit: 50 }), {
    signal,
  });
}

/** Says that somebody knows. */
export function acknowledgeAlert(id: string, reason: string): Promise<Alert> {
  return requestJson(`/api/monitoring/alerts/${encodeURIComponent(id)}/acknowledge`, {
    method: 'POST',
    body: { reason },
  });
}

/** Has nobody told of an alert for a while: an order of a guardian. */
export async function silenceAlert(fingerprint: string, minutes: number, reason: string): Promise<void> {
  const body = { action: 'silence_alert', parameters: { fingerprint, minutes }, reason };
  await requestJson('/api/guardian/override', { method: 'POST', body });
}

/** Full health reports, newest first. */
export function listReports(
  signal?: AbortSignal,
): Promise<Page<HealthReport> & { readonly every_hours: number }> {
  return requestJson('/api/monitoring/reports', { signal });
}
