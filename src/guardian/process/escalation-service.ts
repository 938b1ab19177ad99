import { Injectable } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { CodedError, err, ok, unwrap, type Result } from '../../common/index.js';
import { ActionRegistry } from '../actions/action-registry.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow, EscalationRow } from '../store/rows.js';
import { amendmentOf, type Wish } from './amendment.js';
import { DecisionExecutor, SERVER_ACTOR } from './decision-executor.js';
import { DecisionLedger } from './decision-ledger.js';

/** What a guardian says. */
export interface GuardianAnswer extends Wish {
  readonly reason: string;
}

/** Answers of guardians. The first one counts; a later one changes nothing and is told what was decided. */
@Injectable()
export class EscalationService {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly store: DecisionStore,
    private readonly ledger: DecisionLedger,
    private readonly executor: DecisionExecutor,
    private readonly gate: AutonomyGate,
  ) {}

  /**
   * Approves (and acts) or rejects. Refusals, 409 but the first: ESCALATION_NOT_FOUND, ESCALATION_ANSWERED (with what, by whom, when),
   * ESCALATION_EXPIRED, AUTONOMY_STOPPED, AMENDMENT_IMPOSSIBLE, and what the action refuses amended parameters with.
   */
  async answer(id: string, answer: GuardianAnswer, by: string): Promise<Result<DecisionRow>> {
    const asked = await this.store.escalation(id);
    if (!asked.ok) return asked;
    const asking = unwrap(await this.store.decision(asked.value.decision));
    const amendment = await amendmentOf(asking, answer, this.registry);
    if (!amendment.ok) return amendment;
    const decided = await this.ledger.change(async (changes): Promise<Result<DecisionRow>> => {
      const row = unwrap(await this.store.hold(changes.manager, asked.value.decision));
      const escalation = unwrap(await this.store.escalation(id, changes.manager));
      const why = this.whyNot(escalation, answer.approved);
      if (why !== null) return err(why);
      const { reason } = answer;
      const { amended, change } = amendment.value;
      const to = answer.approved ? 'approved' : 'rejected';
      await changes.answer(escalation, to, { by, reason, amended });
      const facts = { escalation: id, ...(amended === null ? {} : { amended }) };
      return ok(await changes.move(row, to, { actor: by, decidedBy: by, reason, facts, ...change }));
    });
    if (!decided.ok || decided.value.state !== 'approved' || decided.value.delegated) return decided;
    return ok(await this.executor.execute(decided.value.id));
  }

  /** Nobody answered in time: that is a no. @returns how many */
  async expire(): Promise<number> {
    const late = await this.store.lateEscalations();
    for (const { id, decision } of late)
      await this.ledger.change(async (changes) => {
        const row = unwrap(await this.store.hold(changes.manager, decision));
        const escalation = unwrap(await this.store.escalation(id, changes.manager));
        if (escalation.state !== 'open') return;
        const reason = 'nobody answered in time, which means no';
        await changes.answer(escalation, 'expired', { by: null, reason, amended: null });
        if (row.state === 'waiting') await changes.move(row, 'expired', { actor: SERVER_ACTOR, reason });
      });
    return late.length;
  }

  private whyNot(row: EscalationRow, approved: boolean): CodedError | null {
    if (row.state !== 'open') return answered(row);
    if (row.late) return expired(row);
    const { allowed, reason } = this.gate.state();
    return approved && !allowed ? stopped(reason) : null;
  }
}

function answered({ state, answeredBy, answeredAt, reason }: EscalationRow): CodedError {
  const at = answeredAt === null ? null : new Date(answeredAt).toISOString();
  const detail =
    answeredBy === null
      ? `The question is ${state} already; nothing was changed.`
      : `${answeredBy} has ${state} it already, at ${at}; nothing was changed.`;
  return new CodedError('ESCALATION_ANSWERED', detail, { decided: state, by: answeredBy, at, reason }, 409);
}

function expired({ expiresAt }: EscalationRow): CodedError {
  const at = new Date(expiresAt).toISOString();
  return new CodedError(
    'ESCALATION_EXPIRED',
    `It could be answered until ${at}; no answer means no.`,
    { at },
    409,
  );
}

function stopped(reason: string): CodedError {
  const detail = `Automatic action is ${reason}. Resume first, or order it by an override.`;
  return new CodedError('AUTONOMY_STOPPED', detail, {}, 409);
}
