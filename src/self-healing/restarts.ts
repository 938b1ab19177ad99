import type { Incident, IncidentState } from './incidents/incident.js';
import type { LeftRestart } from './incidents/left-restarts.js';
import type { Symptom } from './patterns/diagnosis.js';
import type { CauseRule } from './patterns/healing-rules.js';

/**
 * So long after the start trouble must stay away at least, ms: a server that has just begun has nothing in its memory, and a
 * leak that is back within minutes was not healed.
 */
export const LEAST_HELD_MS = 300_000;

/** What became of a restart, and of its incident, goes to whoever keeps the records. */
export interface RestartRecords {
  settle(left: LeftRestart, helped: boolean, detail: string): void;
  change(incident: Incident, to: IncidentState, detail: string): void;
}

/** Restarts whose outcome this process sees. Time counts from its start, by a clock that only goes forward. */
export class Restarts {
  private readonly left = new Map<Incident['cause'], LeftRestart & { readonly until: number }>();
  /** When each cause was first found: what an earlier process left may be known only after that. */
  private readonly found = new Map<Incident['cause'], number>();

  constructor(private readonly records: RestartRecords) {}

  /** Incidents whose restart is not settled yet. */
  get open(): readonly Incident[] {
    return [...this.left.values()].map(({ incident }) => incident);
  }

  /** Trouble has lasted. @returns the incident that goes on because a restart has not helped against it; null where none does */
  again(symptom: Symptom): Incident | null {
    const { cause, summary } = symptom;
    if (!this.found.has(cause)) this.found.set(cause, performance.now());
    const left = this.left.get(cause);
    if (left === undefined) return null;
    this.left.delete(cause);
    left.incident.symptom = symptom;
    this.settle(left, false, summary);
    return left.incident;
  }

  /**
   * Takes over what an earlier process left. Where its trouble was found already, it is settled at once, and goes on as `open`.
   * @param rule of its cause: how long a remedy has to help, and what comes after it
   * @param open what this process has opened for that cause, if that has not ended
   */
  take(left: LeftRestart, rule: CauseRule, open: Incident | undefined): void {
    const { incident, attempt } = left;
    // Earlier versions did not write down which remedy is next.
    if (incident.place === 0) incident.place = rule.remedies.indexOf(attempt.remedy) + 1;
    const until = Math.max(rule.verify_s * 1000, LEAST_HELD_MS);
    const found = this.found.get(incident.cause);
    if (found === undefined) return void this.left.set(incident.cause, { ...left, until });
    if (found >= until) return this.settle(left, true, 'it was not seen again for long enough');
    this.settle(left, false, 'it was seen again soon after the start');
    open?.follow(incident);
    this.records.change(incident, 'resolved', 'it goes on as the incident that this server has opened');
  }

  /** Settles what has stayed away for long enough. @param isSeen whether trouble is seen at present, however briefly */
  look(isSeen: (cause: Incident['cause']) => boolean): void {
    for (const [cause, left] of this.left) {
      if (performance.now() < left.until || isSeen(cause)) continue;
      this.left.delete(cause);
      this.settle(left, true, 'it was not seen again');
    }
  }

  private settle(left: LeftRestart, helped: boolean, detail: string): void {
    this.records.settle(left, helped, detail);
    const came = `${left.attempt.remedy} ${helped ? 'helped' : 'did not help'}`;
    this.records.change(left.incident, helped ? 'resolved' : 'open', `${came}: ${detail}`);
  }
}
