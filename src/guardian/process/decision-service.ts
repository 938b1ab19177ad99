import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, err, hashJson, ok, systemClock, type Json, type Result } from '../../common/index.js';
import type { Features } from '../../decision/index.js';
import { ActionRegistry } from '../actions/action-registry.js';
import type { Proposal } from '../actions/decision-action.js';
import { MatrixBook } from '../matrix/matrix-book.js';
import { SafetyChecks } from '../safety/safety-checks.js';
import { DecisionStore } from '../store/decision-store.js';
import type { Appraisal, DecisionRow } from '../store/rows.js';
import type { DecisionState } from '../states.js';
import { Appraiser } from './appraiser.js';
import type { DecisionAsk } from './decision-ask.js';
import { DecisionLedger, type DecisionChanges } from './decision-ledger.js';
import { DecisionExecutor } from './decision-executor.js';

/** What would become of a request. */
export interface Forecast {
  readonly proposal: Proposal;
  readonly appraisal: Appraisal;
  readonly state: DecisionState;
}

const STATE_OF = {
  approve: 'approved',
  escalate: 'waiting',
  hold: 'held',
  record: 'recorded',
  refuse: 'refused',
} as const satisfies Record<Appraisal['outcome'], DecisionState>;

/** Takes requests for action: measures, judges, records, and acts or asks. */
@Injectable()
export class DecisionService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: ActionRegistry,
    private readonly safety: SafetyChecks,
    private readonly appraiser: Appraiser,
    private readonly book: MatrixBook,
    private readonly store: DecisionStore,
    private readonly ledger: DecisionLedger,
    private readonly executor: DecisionExecutor,
  ) {}

  /**
   * What would happen and why; nothing does. @param assumed features to judge by instead of the measured ones
   * Refusals: `ACTION_UNKNOWN` and those of the action.
   */
  async forecast(ask: DecisionAsk, assumed?: Features): Promise<Result<Forecast>> {
    const proposed = await this.propose(ask);
    if (!proposed.ok) return proposed;
    const proposal = assumed === undefined ? proposed.value : { ...proposed.value, features: assumed };
    const safety = await this.safetyOf(proposal, ask);
    const appraisal = await this.appraiser.appraise(
      { ...questionOf(ask, proposal), safety },
      this.dataSource.manager,
    );
    return ok({ proposal, appraisal, state: STATE_OF[appraisal.outcome] });
  }

  /**
   * Decides, records, and acts when it may. The same key gives the same decision.
   * Refusals: `ACTION_UNKNOWN` (404), `DECISION_KEY_REUSED` (409) and those of the action.
   */
  async request(ask: DecisionAsk): Promise<Result<DecisionRow>> {
    // A repetition must not be refused because measuring would end otherwise now.
    const known = await this.repeated(ask);
    if (known !== null) return known;
    const proposed = await this.propose(ask);
    if (!proposed.ok) return proposed;
    const decided = await this.decide(ask, proposed.value, false);
    if (!decided.ok || decided.value.state !== 'approved') return decided;
    return ok(await this.executor.execute(decided.value.id));
  }

  /** Decides about an action that whoever asks will take and report on; never acts. `DECISION_KEY_REUSED` (409). */
  async decide(ask: DecisionAsk, proposal: Proposal, delegated: boolean): Promise<Result<DecisionRow>> {
    const safety = await this.safetyOf(proposal, ask);
    const question = { ...questionOf(ask, proposal), safety };
    return this.ledger.change(async (changes) => {
      // One at a time per type, so that limits and keys hold.
      await changes.manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 9))', [ask.type]);
      const known = await this.repeated(ask, changes);
      if (known !== null) return known;
      const appraisal = await this.appraiser.appraise(question, changes.manager);
      return ok(await this.record(changes, ask, proposal, appraisal, delegated));
    });
  }

  private async record(
    changes: DecisionChanges,
    ask: DecisionAsk,
    proposal: Proposal,
    appraisal: Appraisal,
    delegated: boolean,
  ): Promise<DecisionRow> {
    const state = STATE_OF[appraisal.outcome];
    const now = systemClock.now();
    const row = await changes.insert({
      id: `decision_${randomUUID().replaceAll('-', '')}`,
      ...{ type: ask.type, action: ask.action, subject: proposal.subject, parameters: ask.parameters },
      ...{ askedBy: ask.askedBy, idempotencyKey: ask.idempotencyKey, requestHash: requestHash(ask) },
      ...{ delegated, emergency: ask.emergency, proposal, appraisal, state },
      automatic: state === 'approved' && ask.orderedBy === undefined,
      decidedBy: state === 'approved' ? (ask.orderedBy ?? 'matrix') : null,
      reason: reasonOf(ask, state, appraisal),
      ...{ result: null, helped: null, detail: null, createdAt: now, updatedAt: now },
    });
    if (state === 'waiting') {
      const within = this.book.rulesOf(ask.type).answer_within_s;
      await changes.ask(row.id, `escalation_${randomUUID().replaceAll('-', '')}`, within);
    }
    return row;
  }

  private async propose(ask: DecisionAsk): Promise<Result<Proposal>> {
    const action = this.registry.of(ask.type, ask.action);
    if (!action.ok) return action;
    const proposal = await action.value.propose(ask.parameters);
    if (!proposal.ok) return proposal;
    const features = ask.type === 'guardian_override' ? { guardian: 1 } : proposal.value.features;
    return ok({ ...proposal.value, features, why: ask.why === '' ? proposal.value.why : ask.why });
  }

  private async safetyOf({ release, goesBack }: Proposal, { orderedBy }: DecisionAsk) {
    if (release !== null) return this.safety.check({ release });
    return goesBack === true && orderedBy === undefined ? this.safety.checkReturn() : null;
  }

  private async repeated(ask: DecisionAsk, changes?: DecisionChanges): Promise<Result<DecisionRow> | null> {
    if (ask.idempotencyKey === null) return null;
    const manager = changes?.manager ?? this.dataSource.manager;
    const known = await this.store.byKey(manager, ask.askedBy, ask.idempotencyKey);
    if (known === null) return null;
    return isSame(known, ask) ? ok(known) : err(keyReused());
  }
}

function questionOf(ask: DecisionAsk, { subject, features, blastRadius }: Proposal) {
  const { type, action, emergency, orderedBy = null } = ask;
  const cause = typeof ask.parameters.cause === 'string' ? ask.parameters.cause : null;
  return { type, action, emergency, orderedBy, subject, cause, features, blastRadius };
}

/** Why it went that way: where a guardian ordered it, in the guardian's own words. */
function reasonOf({ orderedBy, why }: DecisionAsk, state: DecisionState, { grounds }: Appraisal) {
  if (orderedBy !== undefined && state === 'approved' && why !== '') return why;
  return grounds[0]?.detail ?? null;
}

function requestHash({ type, action, parameters, emergency, said }: DecisionAsk): string {
  const words = said === undefined ? {} : { said };
  return hashJson({ type, action, parameters, emergency, ...words } as Json);
}

/** Requests of earlier versions are known by their hash without what was said. */
function isSame({ requestHash: known, proposal }: DecisionRow, ask: DecisionAsk): boolean {
  if (known === requestHash(ask)) return true;
  return known === requestHash({ ...ask, said: undefined }) && proposal.why === ask.said;
}

function keyReused(): CodedError {
  return new CodedError('DECISION_KEY_REUSED', 'This key was used for another request.', {}, 409);
}
