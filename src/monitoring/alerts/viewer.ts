import { instanceOf } from '../../config/index.js';
import type { Alert } from './alert.js';

/** A server that sees lasting trouble says so at least this often, ms. */
export const RENEW_MS = 3_600_000;
/** Lasting trouble that its server has not said anything of for so long is that of a server which is gone, ms. */
export const GONE_MS = 24 * RENEW_MS;
const MINUTE_MS = 60_000;
/** Rounds a server may miss before it counts as gone. */
const ROUNDS = 3;

/** Whoever says what it sees: a server, at one time. */
export interface Viewer {
  readonly instance: string;
  /** For how long another server says nothing before it counts as gone, ms. */
  readonly goneMs: number;
  /** Fingerprints of what it could not look at now: it cannot say that they are over. */
  readonly unseen: readonly string[];
}

/** When what agents of another server saw is that of a server which is gone, ms. @param minutes between two rounds; 0: there are none, and silence says nothing */
export function goneAfter(minutes: number): number {
  return minutes === 0 ? Infinity : Math.max(GONE_MS, ROUNDS * minutes * MINUTE_MS);
}

/** Whether an alert is that of another server that is gone: nobody else would end it. */
export function isAbandoned(
  { fingerprint, seenAt }: Alert,
  { instance, goneMs }: Pick<Viewer, 'instance' | 'goneMs'>,
  now: number,
): boolean {
  const seenBy = instanceOf(fingerprint);
  return seenBy !== null && seenBy !== instance && now - seenAt > goneMs;
}

/** Whether a server may say that the trouble of an alert is over: its own, what all see, and what nobody sees any more. */
export function mayEnd(alert: Alert, viewer: Viewer, now: number): boolean {
  const seenBy = instanceOf(alert.fingerprint);
  if (viewer.unseen.includes(alert.fingerprint)) return false;
  return seenBy === null || seenBy === viewer.instance || isAbandoned(alert, viewer, now);
}
