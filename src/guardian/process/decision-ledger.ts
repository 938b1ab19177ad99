import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { EventBus, unwrap, type Json } from '../../common/index.js';
import { Transactions } from '../../database/index.js';
import { LogAppender } from '../../log/index.js';
import { Notifier } from '../../notifications/index.js';
import { GuardianTrail } from '../audit/guardian-trail.js';
import { DecisionStore, TAKEN_UP } from '../store/decision-store.js';
import type { DecisionChange, DecisionRow, EscalationRow } from '../store/rows.js';
import type { ActionParameters } from '../actions/decision-action.js';
import { keyOfQuestion, noticeOfQuestion } from './question-notice.js';
import { ESCALATION_STATES, type DecisionState, type EscalationState } from '../states.js';

/** Who moves a decision and what is told of it. */
export interface MoveFacts extends DecisionChange {
  readonly actor: string;
  readonly facts?: Readonly<Record<string, Json>>;
}

/** The answer to a question. */
export interface EscalationAnswer {
  readonly by: string | null;
  readonly reason: string;
  readonly amended: ActionParameters | null;
}

/** One transaction of changes: every move of a decision is written together with its leaf of the log. */
export class DecisionChanges {
  readonly decisions = new Map<string, DecisionRow>();
  readonly escalations = new Map<string, EscalationRow>();

  constructor(
    readonly manager: EntityManager,
    private readonly store: DecisionStore,
    private readonly trail: GuardianTrail,
    private readonly notifier: Notifier,
  ) {}

  /** Adds a decision. */
  async insert(row: Omit<DecisionRow, 'position' | 'actedAt'>): Promise<DecisionRow> {
    const made = await this.store.insert(this.manager, row);
    const { appraisal, proposal, type, action, subject, idempotencyKey: key } = row;
    const { confidence, grounds, matrix } = appraisal;
    await this.trail.append(this.manager, {
      ...{ event: `decision.${row.state}`, actor: row.decidedBy ?? row.askedBy },
      ...{ decision: row.id, state: row.state, reason: row.reason },
      facts: {
        ...{ type, action, subject, key, matrix, asked_by: row.askedBy, request: row.requestHash },
        why: proposal.why,
        ...{ estimate: confidence.estimate, lower: confidence.lower, automatic: row.automatic },
        grounds: grounds.map(({ code }) => code),
      },
    });
    this.decisions.set(made.id, made);
    return made;
  }

  /** Moves a held decision. */
  async move(
    row: DecisionRow,
    to: DecisionState,
    { actor, facts, ...change }: MoveFacts,
  ): Promise<DecisionRow> {
    const moved = await this.store.move(this.manager, row, to, change);
    await this.trail.append(this.manager, {
      ...{ event: `decision.${to}`, actor, decision: row.id, state: to },
      ...{ reason: change.reason ?? change.detail ?? null, facts: facts ?? {} },
    });
    this.decisions.set(moved.id, moved);
    return moved;
  }

  /** Takes over an action that nobody is at any more, on record where it had begun; null where there is nothing to take over. */
  async takeOver(id: string, leaseMs: number, actor: string): Promise<DecisionRow | null> {
    const row = await this.store.takeOver(this.manager, id, leaseMs);
    if (row?.state === 'executing')
      await this.trail.append(this.manager, { event: TAKEN_UP, actor, decision: id, state: row.state });
    return row;
  }

  /** Asks the guardians about a decision. @param withinSeconds then nobody has answered, which means no */
  async ask(decision: string, id: string, withinSeconds: number): Promise<void> {
    await this.manager.query(
      `INSERT INTO escalations (id, decision_id, state, expires_at)
       VALUES ($1, $2, 'open', now() + $3 * interval '1 second')`,
      [id, decision, withinSeconds],
    );
    const question = unwrap(await this.store.escalation(id, this.manager));
    this.escalations.set(id, question);
    const asked = unwrap(await this.store.decision(decision, this.manager));
    await this.notifier.enqueue(this.manager, noticeOfQuestion(question, asked));
  }

  /** Ends a question. */
  async answer(
    row: EscalationRow,
    to: EscalationState,
    { by, reason, amended }: EscalationAnswer,
  ): Promise<void> {
    unwrap(ESCALATION_STATES.move(row.state, to));
    await this.manager.query(
      `UPDATE escalations SET state = $2, answered_by = $3, answered_at = now(), reason = $4, amended = $5 WHERE id = $1`,
      [row.id, to, by, reason, amended === null ? null : JSON.stringify(amended)],
    );
    this.escalations.set(row.id, unwrap(await this.store.escalation(row.id, this.manager)));
    await this.notifier.settle(this.manager, keyOfQuestion(row.id));
  }
}

/** Runs changes of decisions, and tells of them when they are committed: what is not committed is not told. */
@Injectable()
export class DecisionLedger {
  constructor(
    private readonly transactions: Transactions,
    private readonly store: DecisionStore,
    private readonly trail: GuardianTrail,
    private readonly log: LogAppender,
    private readonly events: EventBus,
    private readonly notifier: Notifier,
  ) {}

  /** Commits what `work` did, or nothing. */
  async change<T>(work: (changes: DecisionChanges) => Promise<T>): Promise<T> {
    const [changes, value] = await this.transactions.run(async (manager) => {
      const made = new DecisionChanges(manager, this.store, this.trail, this.notifier);
      return [made, await work(made)] as const;
    });
    this.log.committed();
    if (changes.escalations.size > 0) this.notifier.committed();
    for (const { id, type, action, state } of changes.decisions.values())
      this.events.emit('decision.changed', { decision: id, type, action, state });
    for (const { id, decision, state } of changes.escalations.values())
      this.events.emit('escalation.changed', { escalation: id, decision, state });
    return value;
  }
}
