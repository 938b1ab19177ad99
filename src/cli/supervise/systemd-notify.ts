import { spawn } from 'node:child_process';

const DEADLINE_MS = 5_000;
/** A server may miss an answer, and with it a sign; others are to come before the watchdog has waited long enough. */
const LONGEST_INTERVAL_MS = 5_000;

/**
 * Tells systemd how a service of `Type=notify` fares (sd_notify(3)): `READY=1`, `WATCHDOG=1`, `STOPPING=1`, `STATUS=…`. Node.js has
 * no datagram sockets for Unix addresses, so systemd's own `systemd-notify` sends the message; the unit allows it with
 * `NotifyAccess=all`. Without `NOTIFY_SOCKET` nobody listens and nothing is started.
 */
export function notifySystemd(...assignments: readonly string[]): void {
  if (process.env.NOTIFY_SOCKET === undefined) return;
  const child = spawn('systemd-notify', assignments, { stdio: 'ignore', timeout: DEADLINE_MS });
  // A machine without the tool has no systemd that could hear it.
  child.on('error', () => undefined);
}

/** How often to give systemd a sign of life, ms: within half of what it allows, at least every five seconds; null when it wants none. */
export function watchdogInterval(environment: Readonly<Record<string, string | undefined>>): number | null {
  const microseconds = Number(environment.WATCHDOG_USEC);
  if (!Number.isFinite(microseconds) || microseconds <= 0) return null;
  return Math.min(LONGEST_INTERVAL_MS, microseconds / 2_000);
}
