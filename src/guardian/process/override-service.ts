import { Injectable } from '@nestjs/common';
import { ActionAuthority } from '../../common/autonomy/action-authority.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { ActionParameters } from '../actions/decision-action.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow } from '../store/rows.js';
import { DECISION_STATES } from '../states.js';
import { DecisionExecutor } from './decision-executor.js';
import { DecisionLedger, type DecisionChanges } from './decision-ledger.js';
import { DecisionService } from './decision-service.js';

/** What a guardian does to a decision, whatever the matrix said. */
export type OverrideOutcome = 'approve' | 'reject' | 'undo';

/** Orders of guardians. They hold during an emergency stop, too: that stops the server, not people. */
@Injectable()
export class OverrideService {
  constructor(
    private readonly decisions: DecisionService,
    private readonly store: DecisionStore,
    private readonly ledger: DecisionLedger,
    private readonly executor: DecisionExecutor,
    private readonly authority: ActionAuthority,
  ) {}

  /** Orders an action; it is a decision of the type `guardian_override`. Refusals as `DecisionService.request`. */
  order(
    action: string,
    parameters: ActionParameters,
    {
      by,
      reason,
      key = null,
    }: { readonly by: string; readonly reason: string; readonly key?: string | null },
  ): Promise<Result<DecisionRow>> {
    return this.decisions.request({
      ...{ type: 'guardian_override', action, parameters, idempotencyKey: key, emergency: false },
      ...{ askedBy: by, why: reason, said: reason, orderedBy: by },
    });
  }

  /**
   * Lets a decision pass that did not, refuses one that waits, or takes back what one did. Refusals:
   * `DECISION_NOT_FOUND` (404), `STATE_CONFLICT` (409), `DECISION_NOT_UNDOABLE` (409).
   */
  async override(
    id: string,
    outcome: OverrideOutcome,
    by: string,
    reason: string,
  ): Promise<Result<DecisionRow>> {
    if (outcome === 'undo') return this.undo(id, by, reason);
    const to = outcome === 'approve' ? 'approved' : 'rejected';
    const moved = await this.ledger.change(async (changes): Promise<Result<DecisionRow>> => {
      const row = await this.store.hold(changes.manager, id);
      if (!row.ok) return row;
      const may = DECISION_STATES.move(row.value.state, to);
      if (!may.ok) return may;
      await this.endQuestion(changes, id, to, by, reason);
      const facts = { override: outcome, before: row.value.state };
      return ok(
        await changes.move(row.value, to, { actor: by, decidedBy: by, reason, automatic: false, facts }),
      );
    });
    if (!moved.ok || moved.value.state !== 'approved' || moved.value.delegated) return moved;
    return ok(await this.executor.execute(id));
  }

  private async undo(id: string, by: string, reason: string): Promise<Result<DecisionRow>> {
    const row = await this.store.decision(id);
    if (!row.ok) return row;
    if (row.value.delegated) return this.takeBack(id, by, reason);
    const may = DECISION_STATES.move(row.value.state, 'undone');
    return may.ok ? this.executor.undo(row.value, by, reason) : may;
  }

  /** What whoever asked has done by itself is taken back by that one, as far as it still lasts. */
  private takeBack(id: string, by: string, reason: string): Promise<Result<DecisionRow>> {
    return this.ledger.change(async (changes): Promise<Result<DecisionRow>> => {
      const row = await this.store.hold(changes.manager, id);
      if (!row.ok) return row;
      // While it goes on, nobody has reported on it yet: it is held first.
      const held = row.value.state === 'approved';
      const may = DECISION_STATES.move(held ? 'held' : row.value.state, 'undone');
      if (!may.ok) return may;
      const taken = this.authority.takeBack(row.value);
      if (taken === null) return err(notOurs(row.value));
      if (!taken.ok) return taken;
      const facts = { override: 'undo', before: row.value.state, done: taken.value };
      const now = held ? await changes.move(row.value, 'held', { actor: by, reason }) : row.value;
      return ok(await changes.move(now, 'undone', { actor: by, decidedBy: by, reason, facts }));
    });
  }

  private async endQuestion(
    changes: DecisionChanges,
    decision: string,
    to: 'approved' | 'rejected',
    by: string,
    reason: string,
  ): Promise<void> {
    const question = await this.store.escalationOf(decision, changes.manager);
    if (question?.state === 'open') await changes.answer(question, to, { by, reason, amended: null });
  }
}

function notOurs({ id, askedBy }: DecisionRow): CodedError {
  const detail = `${askedBy} acted on the decision ${id} by itself and says how it is undone.`;
  return new CodedError('DECISION_NOT_UNDOABLE', detail, { decision: id }, 409);
}
