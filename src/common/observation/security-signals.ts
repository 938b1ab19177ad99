import { Injectable } from '@nestjs/common';
import { MetricRegistry } from './metric-registry.js';

/** Refusals that may tell of an attack, by their code, and what they are counted as. */
const SIGNAL_OF = {
  LOGIN_REFUSED: 'login_refused',
  PASSWORD_WRONG: 'login_refused',
  WALLET_SIGNATURE_INVALID: 'login_refused',
  WALLET_NONCE_INVALID: 'login_refused',
  WALLET_MESSAGE_FOREIGN: 'login_refused',
  LOGIN_THROTTLED: 'login_throttled',
  REFRESH_REUSED: 'token_reused',
  TOKEN_INVALID: 'token_invalid',
  REFRESH_INVALID: 'token_invalid',
  API_KEY_INVALID: 'token_invalid',
  SETUP_TOKEN_INVALID: 'token_invalid',
  PASSWORD_LINK_INVALID: 'token_invalid',
  RATE_LIMITED: 'rate_limited',
  FORBIDDEN: 'forbidden',
  SCOPE_MISSING: 'forbidden',
  ORIGIN_NOT_ALLOWED: 'forbidden',
  HOST_NOT_ALLOWED: 'forbidden',
} as const satisfies Readonly<Record<string, string>>;

/** What is counted. `integrity`: a block or a blob that is not what its hash says. */
export type SecuritySignal = (typeof SIGNAL_OF)[keyof typeof SIGNAL_OF] | 'integrity';

/** Every signal. */
export const SECURITY_SIGNALS: readonly SecuritySignal[] = [
  ...new Set<SecuritySignal>([...Object.values(SIGNAL_OF), 'integrity']),
];

const MINUTE_MS = 60_000;
const MINUTES = 60;

/** Counts what may tell of an attack: in Prometheus since the start, and per minute over the last hour. */
@Injectable()
export class SecuritySignals {
  private readonly counter;
  private readonly minutes: { minute: number; counts: Map<SecuritySignal, number> }[] = [];

  constructor(metrics: MetricRegistry) {
    this.counter = metrics.counter({
      name: 'stemma_security_signals_total',
      help: 'Refused sign-ins, worthless tokens, throttled callers, probes for privileges, damaged blocks.',
      labels: ['signal'],
    });
  }

  /** Counts a refusal if its code is one of those that may tell of an attack. */
  refused(code: string): void {
    if (Object.hasOwn(SIGNAL_OF, code)) this.count(SIGNAL_OF[code as keyof typeof SIGNAL_OF]);
  }

  /** Counts one. */
  count(signal: SecuritySignal): void {
    this.counter.inc({ signal });
    const minute = Math.floor(performance.now() / MINUTE_MS);
    let latest = this.minutes.at(-1);
    if (latest?.minute !== minute) {
      latest = { minute, counts: new Map() };
      this.minutes.push(latest);
      if (this.minutes.length > MINUTES) this.minutes.shift();
    }
    latest.counts.set(signal, (latest.counts.get(signal) ?? 0) + 1);
  }

  /** How often each signal was counted within the last `minutes` (at most 60). */
  within(minutes: number): Readonly<Record<SecuritySignal, number>> {
    const since = Math.floor(performance.now() / MINUTE_MS) - minutes;
    const recent = this.minutes.filter(({ minute }) => minute > since);
    const sum = (signal: SecuritySignal) =>
      recent.reduce((total, { counts }) => total + (counts.get(signal) ?? 0), 0);
    return Object.fromEntries(SECURITY_SIGNALS.map((signal) => [signal, sum(signal)])) as Record<
      SecuritySignal,
      number
    >;
  }
}
