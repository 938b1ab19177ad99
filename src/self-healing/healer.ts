import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { DecisionStanding } from '../common/autonomy/action-authority.js';
import { EventBus, messageOf, systemClock, type Json } from '../common/index.js';
import { AppConfig, Instance } from '../config/index.js';
import { AlertBook, RENEW_MS } from '../monitoring/index.js';
import { AttemptBudget } from './attempt-budget.js';
import { EndingAlerts } from './ending-alerts.js';
import { INCIDENT_STATES, Incident } from './incidents/incident.js';
import { IncidentStore } from './incidents/incident-store.js';
import type { LeftRestart } from './incidents/left-restarts.js';
import type { Symptom } from './patterns/diagnosis.js';
import { diagnose } from './patterns/diagnosis.js';
import { UNKNOWN_RULE, type CauseRule, type RemedyName } from './patterns/healing-rules.js';
import { RulesInForce } from './patterns/rules-in-force.js';
import { Restarts } from './restarts.js';
import { Treatment } from './treatment.js';
import type { Vitals } from './vitals/vitals.js';

/** So many remedies for one cause may find nothing to be done within an hour, before somebody is called without asking. */
const MOST_REFUSALS = 6;

/** Source of the alerts that call for somebody. */
export const HEALING_SOURCE = 'healing';

/** Symptom → incident → remedy → check → record. One look moves every incident at most one step; remedies run beside the looks. */
@Injectable()
export class Healer implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Healing');
  private readonly firstSeen = new Map<string, number>();
  private readonly incidents = new Map<string, Incident>();
  private readonly verifyUntil = new Map<string, number>();
  private readonly tookMs = new Map<string, number>();
  private readonly busy = new Set<string>();
  /** Causes whose question is being asked about. */
  private readonly asking = new Set<string>();
  /** Why somebody was called. */
  private readonly called = new Map<string, string>();
  /** When something was said of an incident last, by a clock that only goes forward. */
  private readonly saidAt = new Map<string, number>();
  /** Remedies that found nothing to be done: no attempts, but not to be asked about again and again either. */
  private readonly refusals = new AttemptBudget();
  private readonly ending = new EndingAlerts(
    (fingerprint) => this.book.clear(fingerprint),
    (thrown) => this.complain(thrown),
  );
  private readonly restarts = new Restarts({
    settle: ({ incident, attempt }, helped, detail) => {
      this.store.add({ ...attempt, helped, detail }, attempt);
      void this.treatment.report(incident, helped, detail);
    },
    change: (incident, to, detail) => this.change(incident, to, detail),
  });
  readonly budget = new AttemptBudget();
  private stop = (): void => undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly rules: RulesInForce,
    private readonly treatment: Treatment,
    private readonly store: IncidentStore,
    private readonly book: AlertBook,
    private readonly events: EventBus,
    private readonly instance: Instance,
  ) {}

  onModuleInit(): void {
    this.stop = this.events.on('decision.changed', (told) => this.decided(told.decision, told));
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /** Incidents that have not ended. */
  get open(): readonly Incident[] {
    return [...this.incidents.values(), ...this.restarts.open];
  }

  /** Takes a look into account. */
  look(vitals: Vitals): void {
    const symptoms = diagnose(vitals, this.rules.current);
    for (const symptom of symptoms) this.see(symptom, vitals.at);
    for (const cause of [...this.firstSeen.keys()])
      if (!symptoms.some((symptom) => symptom.cause === cause)) this.miss(cause);
    for (const incident of this.incidents.values()) this.progress(incident);
    this.restarts.look((cause) => this.firstSeen.has(cause));
    const seen = new Set(symptoms.map((symptom) => this.fingerprintOf(symptom)));
    this.ending.look(vitals.at, (fingerprint) => seen.has(fingerprint));
  }

  /** While a server starts, all that counts is what it remembers: that it has ended too often. */
  recall(vitals: Vitals): void {
    for (const symptom of diagnose(vitals, this.rules.current))
      if (symptom.cause === 'process_crashed') this.see(symptom, vitals.at);
  }

  /** Goes on with what an earlier process ended by: this one sees whether that has helped. */
  resume(left: readonly LeftRestart[]): void {
    for (const each of left) {
      const { cause } = each.incident;
      this.restarts.take(each, this.ruleOf(cause), this.incidents.get(cause));
    }
  }

  /** Ends alerts that an earlier process raised, once their trouble is not seen. */
  takeOver(fingerprints: readonly string[]): void {
    for (const fingerprint of fingerprints) this.ending.begin(fingerprint);
  }

  /** Takes back questions of an earlier process: its incidents are over, and nobody would act on an answer. */
  async withdraw(decisions: readonly string[]): Promise<void> {
    for (const decision of decisions)
      await this.treatment.withdraw(decision, 'the server that asked has ended');
  }

  private see(symptom: Symptom, at: number): void {
    const beganAt = this.firstSeen.get(symptom.cause) ?? at;
    this.firstSeen.set(symptom.cause, beganAt);
    const known = this.incidents.get(symptom.cause);
    const rule = this.ruleOf(symptom.cause);
    if (known !== undefined) known.symptom = symptom;
    else if (at - beganAt >= rule.for_s * 1000)
      this.begin(
        this.restarts.again(symptom) ?? new Incident(symptom.cause, rule.severity, beganAt, symptom),
      );
  }

  /** The trouble is over: whatever was tried last has helped, or it went by itself. */
  private miss(cause: string): void {
    this.firstSeen.delete(cause);
    const incident = this.incidents.get(cause);
    // What is being done is waited for; the next look sees what came of it.
    if (incident === undefined || incident.state === 'healing' || this.busy.has(cause)) return;
    const { remedy, state } = incident;
    const tried = state === 'verifying' && remedy !== null;
    if (tried) this.outcome(incident, remedy, true, 'the symptom is gone');
    if (state === 'waiting') void this.treatment.withdraw(incident.decision, 'the symptom is gone');
    this.change(incident, 'resolved', tried ? `${remedy} helped` : 'the symptom is gone');
    this.incidents.delete(cause);
    this.called.delete(cause);
    this.saidAt.delete(cause);
    this.ending.begin(this.fingerprintOf(incident));
  }

  private progress(incident: Incident): void {
    if (this.busy.has(incident.cause)) return;
    if (incident.state === 'open') this.next(incident);
    if (incident.state === 'waiting') void this.inquire(incident);
    this.renew(incident);
    if (incident.state !== 'verifying' || performance.now() < (this.verifyUntil.get(incident.cause) ?? 0))
      return;
    const { remedy } = incident;
    if (remedy !== null) this.outcome(incident, remedy, false, incident.symptom.summary);
    this.change(incident, 'open', `${remedy} did not help`);
  }

  private begin(incident: Incident): void {
    this.incidents.set(incident.cause, incident);
    this.logger.warn(`${incident.cause}: ${incident.symptom.summary}`);
    this.announce(incident, incident.symptom.summary);
    this.progress(incident);
  }

  /** Begins the next remedy, or calls when there is none left. */
  private next(incident: Incident): void {
    const rule = this.ruleOf(incident.cause);
    const remedy = incident.next(rule.remedies);
    const used = this.budget.used(incident.cause);
    if (incident.cause === 'unknown') return this.escalate(incident, 'the cause is not known');
    if (this.config.healing !== 'auto') return this.escalate(incident, 'healing is set to watch only');
    if (remedy === undefined) return this.escalate(incident, 'no remedy is left');
    if (used >= rule.attempts) return this.escalate(incident, `${used} remedies within an hour were enough`);
    if (this.refusals.used(incident.cause) >= MOST_REFUSALS)
      return this.escalate(incident, 'remedies found nothing to be done too often within an hour');
    incident.remedy = remedy;
    this.beside(incident, async () => {
      const { answer, reason, decision } = await this.treatment.ask(incident, remedy, rule);
      incident.decision = decision;
      if (answer === 'go') return this.treat(incident, remedy, reason);
      if (answer === 'wait')
        return this.change(incident, 'waiting', `${remedy} waits for a guardian: ${reason}`);
      this.decline(incident, `${remedy} is not allowed: ${reason}`);
    });
  }

  private async treat(incident: Incident, remedy: RemedyName, reason: string): Promise<void> {
    this.change(incident, 'healing', `${remedy}: ${reason}`);
    incident.place += 1;
    const { ok: done, refused, detail, tookMs } = await this.treatment.act(incident, remedy);
    this.logger.log(`${incident.cause}: ${remedy}: ${detail}`);
    if (refused) {
      this.refusals.note(incident.cause);
      void this.treatment.refuse(incident.decision, detail);
      return this.change(incident, 'open', `${remedy} was not used: ${detail}`);
    }
    incident.attempts += 1;
    this.budget.note(incident.cause);
    this.tookMs.set(incident.cause, tookMs);
    if (done && this.treatment.endsServer(remedy)) return this.lastOf(incident, remedy, detail);
    if (done) {
      this.verifyUntil.set(incident.cause, performance.now() + this.ruleOf(incident.cause).verify_s * 1000);
      return this.change(incident, 'verifying', detail);
    }
    this.outcome(incident, remedy, false, detail);
    this.change(incident, 'open', `${remedy} could not be done: ${detail}`);
  }

  /**
   * The server is about to end. That it was tried is written now, so that the next server does not end again and again; whether it
   * has helped, that server sees. Until then the incident is left alone.
   */
  private lastOf(incident: Incident, remedy: RemedyName, detail: string): Promise<void> {
    this.change(incident, 'verifying', detail);
    this.store.add(this.attempt(incident, remedy, null, detail));
    return new Promise(() => undefined);
  }

  /** The answer may have been given in another process, or by nobody in time: the decision itself says so. */
  private async inquire(incident: Incident): Promise<void> {
    const { cause, decision } = incident;
    if (this.asking.has(cause) || decision === null) return;
    this.asking.add(cause);
    const found = await this.treatment.stateOf(incident).finally(() => this.asking.delete(cause));
    if (found !== null) this.decided(decision, found);
  }

  private decided(decision: string, { state, action }: DecisionStanding): void {
    const incident = this.open.find((each) => each.state === 'waiting' && each.decision === decision);
    const asked = incident?.remedy ?? null;
    if (incident === undefined || asked === null) return;
    if (state === 'approved') {
      const remedy = incident.choose(action, asked, this.ruleOf(incident.cause).remedies);
      const why = remedy === asked ? 'a guardian approved' : `a guardian chose it instead of ${asked}`;
      this.beside(incident, () => this.treat(incident, remedy, why));
    } else if (['rejected', 'expired', 'refused', 'held', 'superseded'].includes(state))
      this.decline(incident, `${asked}: ${state} by the guardian`);
  }

  private decline(incident: Incident, detail: string): void {
    this.change(incident, 'declined', detail);
    this.call(incident, detail);
  }

  private escalate(incident: Incident, why: string): void {
    this.change(incident, 'escalated', why);
    this.call(incident, why);
  }

  /** Says again what goes on, called or not, so that everybody sees that this server is still there to end it. */
  private renew(incident: Incident): void {
    const { cause } = incident;
    if (performance.now() - (this.saidAt.get(cause) ?? -Infinity) < RENEW_MS) return;
    this.saidAt.set(cause, performance.now());
    const why = this.called.get(cause);
    if (why !== undefined) this.call(incident, why);
    incident.updatedAt = systemClock.now();
    this.store.save(incident);
  }

  /** Calls a guardian: whatever the trouble is worth, nobody else will do anything about it now. */
  private call(incident: Incident, why: string): void {
    this.called.set(incident.cause, why);
    const { id, symptom } = incident;
    const facts = { incident: id, why, seen_by: this.instance.label };
    const evidence: Record<string, Json> = { ...symptom.evidence, ...facts };
    void this.book
      .raise({
        ...{ fingerprint: this.fingerprintOf(incident), source: HEALING_SOURCE, severity: 'critical' },
        ...{ summary: `${symptom.summary}; ${why}`, evidence, lasting: true },
      })
      .catch((thrown: unknown) => this.complain(thrown));
  }

  private outcome(incident: Incident, remedy: RemedyName, helped: boolean, detail: string): void {
    this.store.add(this.attempt(incident, remedy, helped, detail));
    void this.treatment.report(incident, helped, detail);
  }

  private attempt({ id, cause }: Incident, remedy: RemedyName, helped: boolean | null, detail: string) {
    return { incident: id, cause, remedy, helped, detail, tookMs: this.tookMs.get(cause) ?? 0 };
  }

  private change(incident: Incident, to: Incident['state'], detail: string): void {
    incident.move(to, detail);
    if (INCIDENT_STATES.isFinal(to)) this.logger.log(`${incident.cause} is over: ${detail}`);
    this.announce(incident, detail);
  }

  private announce(incident: Incident, detail: string): void {
    this.saidAt.set(incident.cause, performance.now());
    this.store.save(incident);
    const { id, cause, remedy, state } = incident;
    this.events.emit('incident.changed', { incident: id, cause, remedy, state, detail });
  }

  /** Works on an incident beside the looks; nothing else moves it meanwhile. */
  private beside(incident: Incident, work: () => Promise<void>): void {
    this.busy.add(incident.cause);
    void work()
      .catch((thrown: unknown) => this.complain(thrown))
      .finally(() => this.busy.delete(incident.cause));
  }

  private complain(thrown: unknown): void {
    this.logger.error(`healing failed: ${messageOf(thrown)}`);
  }

  private ruleOf(cause: Incident['cause']): CauseRule {
    return cause === 'unknown' ? UNKNOWN_RULE : this.rules.current[cause];
  }

  private fingerprintOf({ cause }: Pick<Incident, 'cause'>): string {
    return this.instance.own(`${HEALING_SOURCE}.${cause}`);
  }
}
