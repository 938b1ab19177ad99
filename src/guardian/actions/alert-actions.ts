import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CodedError, err, ok, systemClock, type Json, type Result } from '../../common/index.js';
import {
  AlertBook,
  AlertStore,
  ObservationStore,
  SEVERITIES,
  type Alert,
  type AlertRule,
  type Severity,
} from '../../monitoring/index.js';
import { ActionRegistry } from './action-registry.js';
import { alertEvidence } from './alert-features.js';
import { AlertRules } from './alert-rules.js';
import type { DecisionAction, Proposal } from './decision-action.js';
import { numberIn, readParameters, word } from './parameter-rules.js';

const TIMEOUT_MS = 10_000;
const MINUTE_MS = 60_000;
/** A week: what is to be quiet for longer is to be mended. */
const LONGEST_MINUTES = 7 * 24 * 60;
/** Fingerprints with a rule of their own. */
const MOST_RULES = 500;
/** Newest alerts of a fingerprint that are looked at. */
const LOOKED_AT = 20;
const BY_HAND = 'by_hand.';

const fingerprintRule = word(/^[\x21-\x7e]{1,200}$/, 'the fingerprint of an alert');
const severityRule = word(/^(info|warning|critical)$/, SEVERITIES.join(', '));

interface Raising extends Readonly<Record<string, unknown>> {
  readonly name: string;
  readonly severity: string;
  readonly summary: string;
}

interface Silencing extends Readonly<Record<string, unknown>> {
  readonly fingerprint: string;
  readonly minutes: number;
}

interface Retuning extends Readonly<Record<string, unknown>> {
  readonly fingerprint: string;
  readonly severity: string;
}

/** What a rule was, and what is to be set of it. */
interface RulePlan {
  readonly before: AlertRule;
  readonly rule: AlertRule;
}

const RAISING = {
  name: word(/^[a-z][a-z0-9_.-]{0,63}$/, 'a name of lower-case letters, digits, and ._-'),
  severity: severityRule,
  summary: word(/^\S[^\n]{0,499}$/, 'one sentence of at most 500 characters'),
};
const SILENCING = { fingerprint: fingerprintRule, minutes: numberIn(1, LONGEST_MINUTES, true) };
const RETUNING = { fingerprint: fingerprintRule, severity: severityRule };

/** Raises alerts, silences them for a while, and changes how urgent they are. Alerts are recorded whatever is decided about them. */
@Injectable()
export class AlertActions implements OnModuleInit {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly rules: AlertRules,
    private readonly book: AlertBook,
    private readonly alerts: AlertStore,
    private readonly observations: ObservationStore,
  ) {}

  onModuleInit(): void {
    this.registry.register(this.raise());
    this.registry.register(this.silence());
    this.registry.register(this.retune());
  }

  private raise(): DecisionAction {
    return {
      ...{ type: 'monitoring', name: 'raise_alert', timeoutMs: TIMEOUT_MS },
      summary: 'raises an alert by hand',
      parameters: {
        name: 'what it is called',
        severity: SEVERITIES.join(', '),
        summary: 'one sentence for people',
      },
      propose: async (parameters) => {
        const read = readParameters<Raising>(parameters, RAISING);
        if (!read.ok) return read;
        const { name, severity, summary } = read.value;
        const fingerprint = `${BY_HAND}${name}`;
        return ok({
          ...(await this.proposal(fingerprint, await this.alerts.newestOf(fingerprint, LOOKED_AT), true)),
          what: `a ${severity} alert: ${summary}`,
          touches: severity === 'critical' ? 'guardians are told at once' : 'whoever looks at the alerts',
          expectedEffect: 'it fires until somebody acknowledges it',
          undo: 'the alert is acknowledged and over',
        });
      },
      prepare: async ({ name }) => {
        const before = await this.alerts.open(`${BY_HAND}${String(name)}`);
        return ok({ before: before?.id ?? null });
      },
      execute: async (parameters, _plan, { begin }) => {
        const { name, severity, summary } = parameters as unknown as Raising;
        begin();
        await this.book.raise({
          ...{ fingerprint: `${BY_HAND}${name}`, source: 'guardian', severity: severity as Severity },
          ...{ summary, evidence: {}, lasting: false },
        });
        return ok();
      },
      verify: async ({ name }) => {
        const alert = await this.alerts.open(`${BY_HAND}${String(name)}`);
        const detail = alert === null ? 'it is not there' : `it is ${alert.state}`;
        return { helped: alert !== null, detail };
      },
      undo: async ({ name }, plan, actor) => {
        const alert = await this.alerts.open(`${BY_HAND}${String(name)}`);
        // One that somebody had raised before stays.
        if (alert === null || alert.id === (plan as { before: string | null }).before) return ok();
        const done = await this.book.acknowledge(alert.id, actor, 'taken back');
        return done.ok || done.error.code === 'ALERT_RESOLVED' ? ok() : done;
      },
    };
  }

  private silence(): DecisionAction {
    return this.ruling<Silencing>('silence_alert', SILENCING, {
      summary: 'tells nobody of an alert for a while; it is recorded all the same',
      parameters: {
        fingerprint: 'fingerprint of the alert',
        minutes: `how long, at most ${LONGEST_MINUTES}`,
      },
      field: 'silencedUntil',
      isLouder: () => false,
      ruleOf: ({ minutes }) => ({ silencedUntil: systemClock.now() + minutes * MINUTE_MS }),
      wordsOf: ({ fingerprint, minutes }) => ({
        what: `nobody is told of ${fingerprint} for ${minutes} minutes`,
        touches: 'whoever would be called meanwhile',
        expectedEffect: 'it is recorded, and told of afterwards if it still fires',
      }),
    });
  }

  private retune(): DecisionAction {
    return this.ruling<Retuning>('retune_alert', RETUNING, {
      summary: 'changes how urgent an alert is, whatever its source says',
      parameters: { fingerprint: 'fingerprint of the alert', severity: SEVERITIES.join(', ') },
      field: 'severity',
      isLouder: ({ severity }, now) => rankOf(severity) > rankOf(now),
      ruleOf: ({ severity }) => ({ severity: severity as Severity }),
      wordsOf: ({ fingerprint, severity }) => ({
        what: `${fingerprint} is ${severity} from now on`,
        touches: severity === 'critical' ? 'guardians are told of it at once' : 'who is told of it',
        expectedEffect: 'it is as urgent as somebody says who knows',
      }),
    });
  }

  /** An action that adds to the rule of a fingerprint. */
  private ruling<T extends Readonly<Record<string, unknown>> & { readonly fingerprint: string }>(
    name: string,
    reading: Parameters<typeof readParameters<T>>[1],
    how: {
      readonly summary: string;
      readonly parameters: Readonly<Record<string, string>>;
      /** Which part of the rule it sets; the other one stays as others have set it. */
      readonly field: keyof AlertRule;
      /** Whether more is told, or with more urgency, than now. */
      isLouder(wanted: T, now: Severity): boolean;
      ruleOf(wanted: T): AlertRule;
      wordsOf(wanted: T): Pick<Proposal, 'what' | 'touches' | 'expectedEffect'>;
    },
  ): DecisionAction {
    return {
      ...{
        type: 'monitoring',
        name,
        timeoutMs: TIMEOUT_MS,
        summary: how.summary,
        parameters: how.parameters,
      },
      propose: async (parameters) => {
        const wanted = readParameters<T>(parameters, reading);
        if (!wanted.ok) return wanted;
        const found = await this.knownOf(wanted.value.fingerprint);
        if (!found.ok) return found;
        const undo = 'the rule of before holds again';
        const louder = how.isLouder(wanted.value, found.value[0].severity);
        return ok({
          ...(await this.proposal(wanted.value.fingerprint, found.value, louder)),
          ...how.wordsOf(wanted.value),
          undo,
        });
      },
      prepare: (parameters) => {
        const wanted = parameters as unknown as T;
        const plan: RulePlan = { before: this.rules.of(wanted.fingerprint), rule: how.ruleOf(wanted) };
        return Promise.resolve(ok(plan as unknown as Json));
      },
      execute: async (parameters, plan, { actor, begin }) => {
        const { fingerprint } = parameters as unknown as T;
        const { rule } = plan as unknown as RulePlan;
        await this.rules.put(fingerprint, { ...this.rules.of(fingerprint), ...rule }, actor, begin);
        return ok();
      },
      verify: (parameters, plan) => {
        const { rule } = plan as unknown as RulePlan;
        const inForce = this.rules.of((parameters as unknown as T).fingerprint);
        const helped = inForce[how.field] === rule[how.field];
        return Promise.resolve({
          helped,
          detail: helped ? 'the rule is in force' : 'the rule is not in force',
        });
      },
      undo: async (parameters, plan, actor) => {
        const { before } = plan as unknown as RulePlan;
        const { fingerprint } = parameters as unknown as T;
        const restored = { ...this.rules.of(fingerprint), [how.field]: before[how.field] };
        await this.rules.put(fingerprint, restored, actor);
        return ok();
      },
    };
  }

  /** The newest alerts of a fingerprint. `ALERT_NOT_FOUND` (404), `ALERT_RULES_FULL` (409). */
  private async knownOf(fingerprint: string): Promise<Result<readonly Alert[]>> {
    const known = await this.alerts.newestOf(fingerprint, LOOKED_AT);
    if (known.length === 0)
      return err(
        new CodedError('ALERT_NOT_FOUND', `There never was an alert ${fingerprint}.`, { fingerprint }, 404),
      );
    if (!this.rules.has(fingerprint) && this.rules.count >= MOST_RULES)
      return err(new CodedError('ALERT_RULES_FULL', `There are ${MOST_RULES} rules already.`, {}, 409));
    return ok(known);
  }

  /** What is the same of every proposal, with what was measured. */
  private async proposal(
    fingerprint: string,
    known: readonly Alert[],
    louder: boolean,
  ): Promise<Omit<Proposal, 'what' | 'touches' | 'expectedEffect' | 'undo'>> {
    const seen = await this.observations.latest();
    return {
      ...{ subject: fingerprint, blastRadius: 0, release: null, why: 'asked for' },
      ...alertEvidence(louder, { known, seen, now: systemClock.now() }),
    };
  }
}

function rankOf(severity: string): number {
  return SEVERITIES.indexOf(severity as Severity);
}
