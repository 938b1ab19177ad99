import { systemClock } from '../../common/index.js';
import type { Alert, Severity } from './alert.js';
import { quietNeeded } from './damping.js';

/** Open alerts that are remembered; the one that changed longest ago is forgotten first. */
const MOST_KNOWN = 1_000;
/** How old what was read may be while the database can be read, ms. */
const FRESH_MS = 10_000;

/** What is remembered of an alert that is not resolved. */
export type OpenAlert = Pick<Alert, 'id' | 'fingerprint' | 'severity' | 'untold' | 'returns' | 'quietSince'>;

/**
 * The alerts that were open when the database was there last: people who were told of them are not told again because it is
 * away. What this process writes is known at once, what other replicas write within ten seconds.
 */
export class OpenAlerts {
  private known = new Map<string, OpenAlert>();
  private changes = 0;
  private readAt = Number.NEGATIVE_INFINITY;

  /** Takes down an alert as it was written. */
  note({ id, fingerprint, severity, untold, returns, quietSince, state }: Alert): void {
    this.changes += 1;
    const known = this.known.get(fingerprint);
    // The end of an alert may be heard of after the beginning of the next one.
    if (state === 'resolved' && known?.id !== id) return;
    this.known.delete(fingerprint);
    if (state === 'resolved') return;
    this.known.set(fingerprint, { id, fingerprint, severity, untold, returns, quietSince });
    if (this.known.size > MOST_KNOWN)
      for (const oldest of [...this.known.keys()].slice(0, 1)) this.known.delete(oldest);
  }

  /** Reads what other replicas wrote, where that was not done just now; what `read` throws is thrown. */
  async refresh(read: (limit: number) => Promise<readonly OpenAlert[]>): Promise<void> {
    const now = performance.now();
    if (now < this.readAt + FRESH_MS) return;
    const before = this.changes;
    const open = await read(MOST_KNOWN);
    // What was written meanwhile is newer; the next time, then.
    if (this.changes !== before) return;
    this.readAt = now;
    this.known = new Map(open.map((alert) => [alert.fingerprint, alert]));
  }

  /** The id of the open alert of a fingerprint; undefined where none is known. */
  idOf(fingerprint: string): string | undefined {
    return this.of(fingerprint)?.id;
  }

  /** How urgent it was when people were told of the open alert of a fingerprint; null where nobody was. */
  toldOf(fingerprint: string): Severity | null {
    const alert = this.of(fingerprint);
    return alert === undefined || alert.untold ? null : alert.severity;
  }

  /** One that has been quiet for long enough is as good as over: what is seen now is new. */
  private of(fingerprint: string): OpenAlert | undefined {
    const alert = this.known.get(fingerprint);
    if (alert === undefined || alert.quietSince === null) return alert;
    return systemClock.now() - alert.quietSince < quietNeeded(alert.returns) ? alert : undefined;
  }
}
