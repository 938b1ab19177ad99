import { Injectable } from '@nestjs/common';
import { unwrap, type Json, type Result } from '../../common/index.js';
import { SafetyFigures } from '../../common/autonomy/safety-figures.js';
import type { QuerySource } from '../../common/query-source.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { TUNED } from '../audit/guardian-record.js';
import { GuardianTrail } from '../audit/guardian-trail.js';
import { SharedSettings } from '../shared/shared-settings.js';
import { amountCheck, ethicalChecks, returnCheck, securityCheck } from './limit-checks.js';
import { safetyReport, type SafetyCheck, type SafetyReport } from './safety-report.js';
import { changeThresholds, DEFAULT_THRESHOLDS, type SafetyThresholds } from './thresholds.js';

const SETTING = 'safety';

/** What is to be checked; what is left out is not asked for. */
export interface SafetyQuestion {
  /** Smallest units that a transaction would move; decimal digits. */
  readonly amount?: string;
  /** Hash of the release that would be served. */
  readonly release?: string;
}

/** Compares what is about to happen, and what is known of the server, with limits that people set. */
@Injectable()
export class SafetyChecks {
  private readSpent: (source?: QuerySource) => Promise<string> = async () => '0';

  constructor(
    private readonly figures: SafetyFigures,
    private readonly settings: SharedSettings,
    private readonly transactions: Transactions,
    private readonly trail: GuardianTrail,
    private readonly log: LogAppender,
  ) {}

  /** Who knows how many smallest units were moved in the last 24 hours. */
  provideSpent(read: (source?: QuerySource) => Promise<string>): void {
    this.readSpent = read;
  }

  /** The limits in force. */
  get thresholds(): SafetyThresholds {
    const stored = (this.settings.get(SETTING) ?? {}) as Record<string, Json>;
    return unwrap(changeThresholds(DEFAULT_THRESHOLDS, stored));
  }

  /**
   * Every check that concerns the question; the security score always does. @param source the transaction of whoever asks within one:
   * asked through a connection besides it, checks that hold all connections would wait for one another
   */
  async check({ amount, release }: SafetyQuestion, source?: QuerySource): Promise<SafetyReport> {
    const { thresholds } = this;
    const score = await this.figures.securityScore(source);
    const atMost = score ?? (await this.figures.securityBound(source));
    const checks: SafetyCheck[] = [securityCheck(score, thresholds, atMost)];
    if (amount !== undefined) {
      const day = (BigInt(amount) + BigInt(await this.readSpent(source))).toString();
      checks.push(amountCheck('transaction_amount', amount, thresholds));
      checks.push(amountCheck('transaction_day', day, thresholds));
    }
    if (release !== undefined)
      checks.push(...ethicalChecks(await this.figures.ethicsOf(release), thresholds));
    return safetyReport(checks);
  }

  /** What is asked before the server goes back by itself to what was served before; it blocks nobody else. */
  async checkReturn(): Promise<SafetyReport> {
    const score = await this.figures.securityScore();
    return safetyReport([returnCheck(score ?? (await this.figures.securityBound()), this.thresholds)]);
  }

  /** Sets limits anew, on record. `THRESHOLD_INVALID` (400). */
  async tune(
    changes: Readonly<Record<string, Json | undefined>>,
    actor: string,
    reason: string,
  ): Promise<Result<SafetyThresholds>> {
    // Another replica may have changed them a moment ago.
    await this.settings.refresh();
    const before = this.thresholds;
    const after = changeThresholds(before, changes);
    if (!after.ok) return after;
    const [from, to] = [before, after.value].map((each) => each as unknown as Json);
    await this.transactions.run(async (manager) => {
      await this.settings.put(manager, SETTING, to, actor);
      await this.trail.append(manager, { event: TUNED, actor, reason, facts: { from, to } });
    });
    this.log.committed();
    await this.settings.refresh();
    return after;
  }
}
