import type { AgentRun } from '../agents/agent-runner.js';
import type { MonitoringAgent } from '../agents/agent.js';
import type { Alert } from '../alerts/alert.js';
import type { History, MeasuringServer } from '../history/history-reader.js';
import type { StoredObservation } from '../history/observation-store.js';
import type { HealthReportRow } from '../reports/health-reports.js';

/** An agent with its last run; what an earlier process saw counts until this one has looked. */
export function agentView(
  { name, about }: MonitoringAgent,
  run: AgentRun | undefined,
  stored: StoredObservation | undefined,
) {
  const last = run ?? stored;
  return {
    name,
    about,
    status: last?.status ?? 'unknown',
    score: last?.score ?? null,
    detail: last?.detail ?? 'has not looked yet',
    measures: last?.measures ?? {},
    at: last?.at ?? null,
    took_ms: run === undefined ? null : Math.round(run.tookMs),
  };
}

/** A run as its endpoint shows it. */
export function runView({ agent, at, tookMs, status, score, detail, measures, troubles }: AgentRun) {
  return { agent, at, took_ms: Math.round(tookMs), status, score, detail, measures, troubles };
}

/** A history as its endpoint shows it, with the servers whose history can be asked for. */
export function historyView(
  agent: string,
  hours: number,
  { node, instance, spanMs, items }: History,
  servers: readonly MeasuringServer[],
) {
  return { agent, hours, node, instance, span_ms: spanMs, servers, items };
}

/** An alert as lists show it. @param silencedUntil until when nobody is told of it; null where somebody is */
export function alertView(alert: Alert, silencedUntil: number | null) {
  return {
    alert_id: alert.id,
    fingerprint: alert.fingerprint,
    source: alert.source,
    severity: alert.severity,
    state: alert.state,
    silenced_until: silencedUntil,
    summary: alert.summary,
    evidence: alert.evidence,
    lasting: alert.lasting,
    occurrences: alert.occurrences,
    returns: alert.returns,
    raised_at: alert.raisedAt,
    seen_at: alert.seenAt,
    acknowledged_by: alert.acknowledgedBy,
    acknowledged_at: alert.acknowledgedAt,
    reason: alert.reason,
    resolved_at: alert.resolvedAt,
  };
}

/** A report as lists show it. */
export function reportView({ id, node, instance, at, status, report }: HealthReportRow) {
  return { report_id: id, node, instance, at, status, report };
}
