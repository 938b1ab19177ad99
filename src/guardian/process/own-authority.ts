import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  ActionAuthority,
  type AlternativeAction,
  type Authority,
  type Authorization,
  type DecisionStanding,
  type ProposedAction,
} from '../../common/autonomy/action-authority.js';
import { unwrap, type Json } from '../../common/index.js';
import type { Proposal } from '../actions/decision-action.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow } from '../store/rows.js';
import { DecisionLedger } from './decision-ledger.js';
import { DecisionService } from './decision-service.js';
import { SupersededQuestions } from './superseded-questions.js';

const LONGEST_DETAIL = 500;

/**
 * Judges what other modules want to do by themselves. Where a decision cannot be recorded (no database, a full disk), asking
 * throws: nobody has allowed anything then.
 */
@Injectable()
export class OwnAuthority implements Authority, OnModuleInit, OnModuleDestroy {
  private leave: () => void = () => undefined;

  constructor(
    private readonly authority: ActionAuthority,
    private readonly decisions: DecisionService,
    private readonly store: DecisionStore,
    private readonly ledger: DecisionLedger,
    private readonly superseded: SupersededQuestions,
  ) {}

  onModuleInit(): void {
    this.leave = this.authority.use(this);
  }

  onModuleDestroy(): void {
    this.leave();
  }

  async ask(action: ProposedAction): Promise<Authorization> {
    const decided = await this.decisions.decide(askOf(action), proposalOf(action), true);
    if (decided.ok) return authorization(decided.value);
    return { answer: 'no', reason: decided.error.message, decision: null };
  }

  async report(decision: string, { helped, detail }: { helped: boolean; detail: string }): Promise<void> {
    await this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, decision));
      if (row.state !== 'approved') return;
      const found = { helped, detail: detail.slice(0, LONGEST_DETAIL) };
      await changes.move(row, helped ? 'succeeded' : 'failed', { actor: row.askedBy, ...found });
    });
  }

  async withdraw(decision: string, why: string): Promise<void> {
    await this.superseded.close(decision, why, 'server');
  }

  async refuse(decision: string, why: string): Promise<void> {
    await this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, decision));
      if (row.state !== 'approved') return;
      await changes.move(row, 'refused', { actor: row.askedBy, reason: why.slice(0, LONGEST_DETAIL) });
    });
  }

  async stateOf(decision: string): Promise<DecisionStanding | null> {
    const row = await this.store.decision(decision);
    return row.ok ? { state: row.value.state, action: row.value.action } : null;
  }
}

function askOf({ type, action, parameters, idempotencyKey, why }: ProposedAction) {
  const emergency = parameters.emergency === true;
  return { type, action, parameters, idempotencyKey, emergency, askedBy: type, why };
}

function proposalOf(action: ProposedAction): Proposal {
  const { parameters, features, why, blastRadius, blastShare, expectedEffect, undo, alternatives } = action;
  return {
    ...{ subject: subjectOf(parameters), features, why, expectedEffect, undo },
    blastRadius: shareOf(blastShare),
    ...{ what: action.action, touches: blastRadius, evidence: parameters, release: null },
    ...(alternatives === undefined ? {} : { alternatives: alternatives.map(alternativeOf) }),
  };
}

function alternativeOf({ action, blastRadius, blastShare, expectedEffect, undo }: AlternativeAction) {
  return { action, touches: blastRadius, blastRadius: shareOf(blastShare), expectedEffect, undo };
}

/** Cooldowns and attempts count per subject: what an action is about, if it says so. */
function subjectOf({ subject, component }: Readonly<Record<string, Json>>): string {
  const named = subject ?? component;
  return typeof named === 'string' ? named.slice(0, 200) : 'server';
}

/** A share that is none may be everything. */
function shareOf(share: number): number {
  return share >= 0 && share <= 1 ? share : 1;
}

function authorization({ id, state, reason, appraisal }: DecisionRow): Authorization {
  const why = appraisal.grounds.map(({ detail }) => detail).join('; ');
  if (state === 'approved') return { answer: 'go', reason: why, decision: id };
  if (state === 'waiting') return { answer: 'wait', reason: `a guardian was asked: ${why}`, decision: id };
  return { answer: 'no', reason: reason ?? why, decision: id };
}
