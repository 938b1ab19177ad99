import { Injectable } from '@nestjs/common';
import { commonFingerprint } from '../../config/index.js';
import type { Severity, Trouble } from './alert.js';

/** What people have decided about the alerts of one fingerprint. */
export interface AlertRule {
  /** Nobody is told of it until then, ms since the epoch. */
  readonly silencedUntil?: number;
  /** How urgent it is, whatever its source says. */
  readonly severity?: Severity;
}

/** The rules in force, kept by whoever may decide them; the same ones in every replica. */
@Injectable()
export class AlertTuning {
  private readonly rules = new Map<string, AlertRule>();
  private lookedAt = 0;
  private changed = true;

  /** Puts a rule in force; null takes it away. */
  set(fingerprint: string, rule: AlertRule | null): void {
    this.changed = true;
    if (rule === null) this.rules.delete(fingerprint);
    else this.rules.set(fingerprint, rule);
  }

  /** What holds for a fingerprint: its own rule, and what that leaves open by the rule of the same trouble on every server. */
  of(fingerprint: string): AlertRule {
    const [common, own] = [this.ownOf(commonFingerprint(fingerprint)), this.ownOf(fingerprint)];
    const silencedUntil = Math.max(common.silencedUntil ?? 0, own.silencedUntil ?? 0);
    return { ...common, ...own, ...(silencedUntil > 0 ? { silencedUntil } : {}) };
  }

  /** The rule of exactly this fingerprint; nothing in it where there is none. */
  ownOf(fingerprint: string): AlertRule {
    return this.rules.get(fingerprint) ?? {};
  }

  /** Until when nobody is told; null where it is not silenced now. */
  silencedUntil(fingerprint: string, now: number): number | null {
    const { silencedUntil = 0 } = this.of(fingerprint);
    return silencedUntil > now ? silencedUntil : null;
  }

  /** Whether a silence may have ended since `looked`. */
  maySpeak(now: number): boolean {
    const ended = ({ silencedUntil = 0 }: AlertRule) => silencedUntil > this.lookedAt && silencedUntil <= now;
    return this.changed || [...this.rules.values()].some(ended);
  }

  /** Says that looking failed: it is to be looked again. */
  missed(): void {
    this.changed = true;
  }

  /** Says that whoever had to be told until then is being told. */
  looked(now: number): void {
    this.lookedAt = now;
    this.changed = false;
  }

  /** The trouble as urgent as people say it is; its evidence tells what its source says. */
  tuned(trouble: Trouble): Trouble {
    const { severity } = this.of(trouble.fingerprint);
    if (severity === undefined || severity === trouble.severity) return trouble;
    const evidence = { ...trouble.evidence, severity_of_source: trouble.severity };
    return { ...trouble, severity, evidence };
  }
}
