import { Injectable } from '@nestjs/common';
import {
  ActionAuthority,
  type AlternativeAction,
  type Authorization,
  type DecisionStanding,
  type ProposedAction,
} from '../common/autonomy/action-authority.js';
import { AutonomyGate } from '../common/autonomy/autonomy-gate.js';
import { HealingFigures } from '../common/autonomy/healing-figures.js';
import { CodedError, messageOf } from '../common/index.js';
import { Instance } from '../config/index.js';
import { inTime } from '../monitoring/index.js';
import type { Incident } from './incidents/incident.js';
import type { CauseRule, RemedyName } from './patterns/healing-rules.js';
import { isRefusal } from './remedies/remedy.js';
import { RemedyBox } from './remedies/remedy-box.js';

/** Longest time a judgement and a remedy may take, ms. */
const ASK_MS = 8_000;
const ACT_MS = 45_000;
const REPORT_MS = 5_000;
const LATE = Symbol('late');
/** Causes under which the database takes no decision; their remedies are what makes it take them again. */
const KEEPS_FROM_RECORDING: ReadonlySet<Incident['cause']> = new Set([
  'database_away',
  'pool_exhausted',
  'disk_high',
]);

/** How a remedy went: whether it could be done, what was done or why not, and how long it took. */
export interface Done {
  readonly ok: boolean;
  /** Whether nothing was done at all: neither help nor failure. */
  readonly refused: boolean;
  readonly detail: string;
  readonly tookMs: number;
}

/** Asks whether a remedy may be used, uses it, and says whether it helped; everything with a deadline. */
@Injectable()
export class Treatment {
  constructor(
    private readonly authority: ActionAuthority,
    private readonly gate: AutonomyGate,
    private readonly figures: HealingFigures,
    private readonly box: RemedyBox,
    private readonly instance: Instance,
  ) {}

  /**
   * Whether the remedy may be used now. Where the trouble itself keeps decisions from being recorded, its own remedies are
   * allowed as long as nobody has stopped automatic action; a decision that is recorded late still learns how it went.
   */
  async ask(incident: Incident, remedy: RemedyName, rule: CauseRule): Promise<Authorization> {
    try {
      const action = await this.proposal(incident, remedy, rule);
      const asked = this.authority.ask(action);
      const answer = await inTime(asked, ASK_MS, LATE);
      if (answer !== LATE) return answer;
      void asked.then(
        ({ decision }) => (incident.decision ??= decision),
        () => undefined,
      );
      return this.alone(incident, 'nobody judged it in time');
    } catch (thrown) {
      return this.alone(incident, messageOf(thrown));
    }
  }

  /** Does it. The emergency stop is asked once more, because an answer may have taken its time. */
  async act(incident: Incident, remedy: RemedyName): Promise<Done> {
    const { allowed, reason } = this.gate.state();
    if (!allowed) return { ok: false, refused: true, detail: `stopped: ${reason}`, tookMs: 0 };
    return this.carryOut(remedy, incident.symptom.summary, incident.cause);
  }

  /** Whether a remedy ends this process. */
  endsServer(remedy: RemedyName): boolean {
    return this.box.get(remedy).endsServer === true;
  }

  /** Does it because a person asked. */
  async actFor(remedy: RemedyName, why: string): Promise<Done> {
    return this.carryOut(remedy, why, 'manual');
  }

  /** Says whether it helped. */
  async report(incident: Incident, helped: boolean, detail: string): Promise<void> {
    await inTime(this.authority.report(incident.decision, { helped, detail }), REPORT_MS, undefined).catch(
      () => undefined,
    );
  }

  /** Says that the remedy of a decision is not wanted any more; one that was allowed meanwhile is not used. */
  async withdraw(decision: string | null, why: string): Promise<void> {
    await inTime(this.authority.withdraw(decision, why), REPORT_MS, undefined).catch(() => undefined);
    await this.refuse(decision, why);
  }

  /** Says that nothing was done. */
  async refuse(decision: string | null, why: string): Promise<void> {
    await inTime(this.authority.refuse(decision, why), REPORT_MS, undefined).catch(() => undefined);
  }

  /** What has become of the question whether the remedy may be used; null where nobody can say now. */
  async stateOf({ decision }: Incident): Promise<DecisionStanding | null> {
    return inTime(this.authority.stateOf(decision), REPORT_MS, null).catch(() => null);
  }

  private async carryOut(
    remedy: RemedyName,
    why: string,
    cause: Incident['cause'] | 'manual',
  ): Promise<Done> {
    const began = performance.now();
    try {
      const done = await inTime(this.box.get(remedy).act(why, cause), ACT_MS, LATE);
      const tookMs = performance.now() - began;
      return done === LATE
        ? { ok: false, refused: false, detail: `it took longer than ${ACT_MS / 1000} s`, tookMs }
        : { ok: true, refused: false, detail: done, tookMs };
    } catch (thrown) {
      const code = thrown instanceof CodedError ? ` [${thrown.code}]` : '';
      const [refused, tookMs] = [isRefusal(thrown), performance.now() - began];
      return { ok: false, refused, detail: `${messageOf(thrown)}${code}`, tookMs };
    }
  }

  private alone(incident: Incident, why: string): Authorization {
    const { allowed, reason } = this.gate.state();
    if (!KEEPS_FROM_RECORDING.has(incident.cause) || !allowed)
      return { answer: 'no', reason: allowed ? why : reason, decision: null };
    return { answer: 'go', reason: `${incident.cause} keeps decisions from being recorded`, decision: null };
  }

  private async proposal(incident: Incident, name: RemedyName, rule: CauseRule): Promise<ProposedAction> {
    const treated = this.box.get(name);
    const { expectedEffect, blastRadius, undo } = treated;
    const records = await inTime(this.figures.remedies(), REPORT_MS, []).catch(() => []);
    const record = records.find(({ cause, remedy }) => cause === incident.cause && remedy === name);
    return {
      ...{ type: 'healing', action: name },
      // Limits count for each server: what one heals must not keep another from healing itself.
      parameters: { cause: incident.cause, subject: this.instance.id },
      idempotencyKey: `${incident.id}/${incident.place}`,
      features: {
        pattern_match: incident.symptom.match,
        severity: incident.severity === 'critical' ? 1 : 0.5,
        repetition: Math.min(1, incident.attempts / Math.max(1, rule.attempts)),
        // A remedy that was never tried has no success to tell of.
        ...(record === undefined ? {} : { remedy_success: record.helped / record.attempts }),
      },
      ...{ why: incident.symptom.summary, blastRadius, expectedEffect, undo },
      blastShare: treated.blastShare(),
      alternatives: this.others(name, rule),
    };
  }

  /** The other remedies of the pattern, once each: a guardian may know better which one is the right one. */
  private others(asked: RemedyName, { remedies }: CauseRule): AlternativeAction[] {
    const names = [...new Set(remedies)].filter((name) => name !== asked);
    return names.map((name) => {
      const other = this.box.get(name);
      const { expectedEffect, blastRadius, undo } = other;
      return { action: name, blastRadius, blastShare: other.blastShare(), expectedEffect, undo };
    });
  }
}
