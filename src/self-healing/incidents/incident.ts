import { randomUUID } from 'node:crypto';
import { defineStateMachine, systemClock, unwrap, type Json } from '../../common/index.js';
import type { Symptom } from '../patterns/diagnosis.js';
import type { RemedyName } from '../patterns/healing-rules.js';

/** What an incident may be. `waiting` for a guardian's answer, `declined` by one, `escalated` to one. */
export type IncidentState =
  'open' | 'waiting' | 'healing' | 'verifying' | 'declined' | 'escalated' | 'resolved';

/** The life of an incident. It ends when the trouble does. */
export const INCIDENT_STATES = defineStateMachine<IncidentState>('incident', 'open', {
  open: ['waiting', 'healing', 'declined', 'escalated', 'resolved'],
  waiting: ['healing', 'declined', 'escalated', 'resolved'],
  healing: ['verifying', 'open', 'escalated', 'resolved'],
  verifying: ['open', 'escalated', 'resolved'],
  declined: ['resolved'],
  escalated: ['resolved'],
  resolved: [],
});

/** One thing that happened. */
export interface IncidentStep {
  /** ms since the epoch. */
  readonly at: number;
  readonly state: IncidentState;
  readonly remedy: RemedyName | null;
  readonly detail: string;
}

/** Steps that are kept; of more, the first and the latest. */
const MOST_STEPS = 60;

/** Something that went wrong, and what was done about it. Times are ms since the epoch. */
export class Incident {
  state: IncidentState = 'open';
  remedy: RemedyName | null = null;
  decision: string | null = null;
  /** Remedies that were used. */
  attempts = 0;
  /** Which of the rule's remedies is next: behind those that were used, and those that found nothing to be done. */
  place = 0;
  /** Remedies that a guardian chose before their turn. */
  early: readonly RemedyName[] = [];
  updatedAt: number;
  closedAt: number | null = null;
  readonly steps: IncidentStep[] = [];

  /**
   * @param beganAt when the symptom was first seen
   * @param id names it, where something else than this object is remembered by it
   * @param openedAt when it was opened, where an earlier process has
   */
  constructor(
    readonly cause: Symptom['cause'],
    readonly severity: 'warning' | 'critical',
    readonly beganAt: number,
    public symptom: Symptom,
    readonly id: string = `incident_${randomUUID().replaceAll('-', '')}`,
    readonly openedAt: number = systemClock.now(),
  ) {
    this.updatedAt = openedAt;
    this.note(symptom.summary);
  }

  /** The next of the rule's remedies; one that a guardian chose before its turn has had it. */
  next(remedies: readonly RemedyName[]): RemedyName | undefined {
    for (;;) {
      const remedy = remedies.at(this.place);
      const early = remedy === undefined ? -1 : this.early.indexOf(remedy);
      if (early < 0) return remedy;
      this.early = this.early.toSpliced(early, 1);
      this.place += 1;
    }
  }

  /** What a guardian approved: the remedy that was asked about, or another one of the rule's instead. */
  choose(approved: string, asked: RemedyName, remedies: readonly RemedyName[]): RemedyName {
    const remedy = remedies.find((name) => name === approved) ?? asked;
    if (remedy !== asked && remedies.includes(remedy, this.place + 1)) this.early = [...this.early, remedy];
    this.remedy = remedy;
    return remedy;
  }

  /** Goes on behind what another incident of the same cause has used. */
  follow({ place, early }: Pick<Incident, 'place' | 'early'>): void {
    this.place = Math.max(this.place, place);
    this.early = [...this.early, ...early];
  }

  /** Moves on and notes why. A move the machine does not know is a bug and throws. */
  move(to: IncidentState, detail: string): void {
    this.state = unwrap(INCIDENT_STATES.move(this.state, to));
    if (INCIDENT_STATES.isFinal(to)) this.closedAt = systemClock.now();
    this.note(detail);
  }

  /** Notes something without moving. */
  note(detail: string): void {
    this.updatedAt = systemClock.now();
    if (this.steps.length >= MOST_STEPS) this.steps.splice(1, 1);
    this.steps.push({ at: this.updatedAt, state: this.state, remedy: this.remedy, detail });
  }

  get evidence(): Json {
    return this.symptom.evidence as Json;
  }
}
