import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type Json, systemClock } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { AlertBook, AlertTuning, type AlertRule, type Severity } from '../../monitoring/index.js';
import { SharedSettings } from '../shared/shared-settings.js';

const PREFIX = 'alert:';

/** A rule as it is kept. */
interface KeptRule {
  readonly silenced_until?: number;
  readonly severity?: Severity;
}

/** What people decided about alerts: kept in the database, in force in every process. */
@Injectable()
export class AlertRules implements OnModuleInit {
  constructor(
    private readonly settings: SharedSettings,
    private readonly transactions: Transactions,
    private readonly tuning: AlertTuning,
    private readonly book: AlertBook,
  ) {}

  onModuleInit(): void {
    this.settings.watchAll(PREFIX, (name) => {
      const fingerprint = name.slice(PREFIX.length);
      const kept = this.settings.get(name) as unknown as KeptRule | undefined;
      this.tuning.set(fingerprint, kept === undefined ? null : ruleOf(kept));
    });
  }

  /** How many there are. */
  get count(): number {
    return this.settings.names(PREFIX).length;
  }

  /** Whether a fingerprint has one. */
  has(fingerprint: string): boolean {
    return this.settings.get(PREFIX + fingerprint) !== undefined;
  }

  /** The rule of a fingerprint. */
  of(fingerprint: string): AlertRule {
    return this.tuning.ownOf(fingerprint);
  }

  /**
   * Replaces the rule of a fingerprint; in force here when it resolves. A rule that says nothing, or nothing any more, goes.
   * @param begin called right before the change; where it throws, nothing changes
   */
  async put(
    fingerprint: string,
    { silencedUntil, severity }: AlertRule,
    actor: string,
    begin = (): void => undefined,
  ): Promise<void> {
    const silent = silencedUntil !== undefined && silencedUntil > systemClock.now();
    const kept: KeptRule = {
      ...(silent ? { silenced_until: silencedUntil } : {}),
      ...(severity === undefined ? {} : { severity }),
    };
    const value = Object.keys(kept).length === 0 ? null : (kept as Json);
    const over = this.over();
    await this.transactions.run(async (manager) => {
      begin();
      for (const name of over) await this.settings.put(manager, name, null, actor);
      await this.settings.put(manager, PREFIX + fingerprint, value, actor);
    });
    await this.settings.refresh();
    await this.book.hush(fingerprint);
    await this.book.flush();
  }

  /** Names of rules that say nothing any more: silences whose time is over. */
  private over(): string[] {
    const now = systemClock.now();
    return this.settings.names(PREFIX).filter((name) => {
      const { silenced_until: until = 0, severity } = this.settings.get(name) as unknown as KeptRule;
      return severity === undefined && until <= now;
    });
  }
}

function ruleOf({ silenced_until: silencedUntil, severity }: KeptRule): AlertRule {
  return {
    ...(silencedUntil === undefined ? {} : { silencedUntil }),
    ...(severity === undefined ? {} : { severity }),
  };
}
