import type { AlertNotice } from '../../common/events.js';
import type { Json } from '../../common/index.js';

/** How urgent an alert is; a guardian is told of a `critical` one at once. */
export type Severity = AlertNotice['severity'];

/** Every severity, from the least urgent. */
export const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

/** Whether one is more urgent than the other; every one is more urgent than none. */
export function isWorse(severity: Severity, than: Severity | null): boolean {
  return than === null || SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(than);
}

/** What an alert may be. `acknowledged`: somebody knows; `resolved`: the trouble is over. */
export type AlertState = 'firing' | 'acknowledged' | 'resolved';

/** Every state. */
export const ALERT_STATES: readonly AlertState[] = ['firing', 'acknowledged', 'resolved'];

/** Trouble that somebody sees. */
export interface Trouble {
  /** The same trouble has the same fingerprint, whoever sees it; trouble that is one server's alone ends with `@` and its instance. */
  readonly fingerprint: string;
  /** Who sees it: an agent, `healing`, `tasks`. */
  readonly source: string;
  readonly severity: Severity;
  /** One sentence for people. */
  readonly summary: string;
  /** The measurements it rests on. */
  readonly evidence: Readonly<Record<string, Json>>;
  /** Whether its source looks again and will tell when it is over; otherwise acknowledging it ends it. */
  readonly lasting: boolean;
}

/** An alert as stored. Times are ms since the epoch. */
export interface Alert extends Trouble {
  readonly id: string;
  readonly position: string;
  readonly state: AlertState;
  /** How often the trouble was seen. */
  readonly occurrences: number;
  /** Whether nobody has been told of it, because it was silenced. */
  readonly untold: boolean;
  /** How often the same trouble had just been resolved and came back. */
  readonly returns: number;
  readonly raisedAt: number;
  readonly seenAt: number;
  /** Since when the source does not see it any more; null while it does. */
  readonly quietSince: number | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: number | null;
  readonly reason: string | null;
  readonly resolvedAt: number | null;
}

/** A row of `alerts`. */
export function alertOf(row: Readonly<Record<string, unknown>>): Alert {
  const time = (value: unknown): number | null => (value === null ? null : Number(value));
  const word = (value: unknown): string | null => (value === null ? null : String(value));
  return {
    id: String(row.id),
    position: String(row.position),
    fingerprint: String(row.fingerprint),
    source: String(row.source),
    severity: row.severity as Severity,
    state: row.state as AlertState,
    summary: String(row.summary),
    evidence: JSON.parse(String(row.evidence)) as Record<string, Json>,
    lasting: row.lasting === true,
    occurrences: Number(row.occurrences),
    untold: row.untold === true,
    returns: Number(row.returns),
    raisedAt: Number(row.raised_at),
    seenAt: Number(row.seen_at),
    quietSince: time(row.quiet_since),
    acknowledgedBy: word(row.acknowledged_by),
    acknowledgedAt: time(row.acknowledged_at),
    reason: word(row.reason),
    resolvedAt: time(row.resolved_at),
  };
}

/** The part of a trouble's evidence that says which server sees it. */
export function seenByOf({ evidence }: Pick<Trouble, 'evidence'>): { readonly seenBy?: string } {
  const seenBy = (evidence as Readonly<Record<string, Json>> | null)?.seen_by;
  return typeof seenBy === 'string' ? { seenBy } : {};
}

/** What is told of an alert. */
export function noticeOf(alert: Alert): AlertNotice {
  const { id, fingerprint, severity, source, summary, state, untold } = alert;
  const shown = untold && state === 'firing' ? 'silenced' : state;
  return { alert: id, fingerprint, severity, source, summary, state: shown, ...seenByOf(alert) };
}
