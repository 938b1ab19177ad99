import { Injectable, Logger } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { unwrap } from '../../common/index.js';
import { ActionRegistry } from '../actions/action-registry.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow } from '../store/rows.js';
import { lookWhether } from './action-run.js';
import { DecisionCalls } from './decision-calls.js';
import { blocking, DecisionExecutor, leaseOf, SERVER_ACTOR } from './decision-executor.js';
import { DecisionLedger } from './decision-ledger.js';

/** How often an action is taken up after a crash; one that is cut off again and again may be what kills the server. */
const MOST_TIMES = 2;

/** Brings to an end what a process left in the middle. */
@Injectable()
export class DecisionRecovery {
  private readonly logger = new Logger('Decisions');

  constructor(
    private readonly registry: ActionRegistry,
    private readonly store: DecisionStore,
    private readonly ledger: DecisionLedger,
    private readonly executor: DecisionExecutor,
    private readonly gate: AutonomyGate,
    private readonly calls: DecisionCalls,
  ) {}

  /** Looks at a decision that was left: begins it, takes it up, or takes it back. Does nothing where somebody is at it. */
  async recover(id: string): Promise<void> {
    const row = unwrap(await this.store.decision(id));
    const action = this.registry.of(row.type, row.action);
    if (!action.ok) return;
    if (row.state === 'approved') {
      await this.executor.execute(id, true);
      return;
    }
    const taken = await this.ledger.change((changes) =>
      changes.takeOver(id, leaseOf(action.value), SERVER_ACTOR),
    );
    if (taken?.state === 'failed') await this.executor.takeBack(taken, 'it did not help');
    if (taken?.state === 'executing') await this.takeUp(taken);
  }

  /**
   * What has happened by itself is only written down. Doing it now is asked anew: the world may have changed since it was
   * approved.
   */
  private async takeUp(row: DecisionRow): Promise<void> {
    this.logger.warn(`${row.type}/${row.action} was cut off; looking what became of it (${row.id})`);
    if (row.result === null) return this.leave(row, 'nobody knows how things were before it');
    if ((await this.store.takenUp(row.id)) > MOST_TIMES)
      return this.leave(row, `it was taken up ${MOST_TIMES} times and cut off again`);
    const action = unwrap(this.registry.of(row.type, row.action));
    const actor = row.decidedBy ?? SERVER_ACTOR;
    const facts = { parameters: row.parameters, plan: row.result, actor };
    const found = await lookWhether(action, facts);
    if (found.helped) {
      await this.executor.end(row.id, { ...found, detail: `${found.detail}; it was done before a crash` });
      return;
    }
    const { allowed, reason } = this.gate.state();
    if (!allowed) return this.leave(row, `automatic action is ${reason}`);
    const report = await this.executor.safetyOf(row);
    const unsafe = blocking(report);
    if (unsafe !== null) {
      const ended = await this.executor.end(row.id, { helped: false, detail: `not taken up: ${unsafe}` });
      await this.executor.takeBack(ended, 'it is not safe any more');
      return;
    }
    if (row.automatic && report?.outcome === 'guardian')
      return this.leave(row, 'a safety check asks for a guardian now');
    // Looking and asking took a part of the time that is left to this process.
    await this.store.lease(row.id, leaseOf(action));
    await this.executor.carryOut(row, async (why) => {
      await this.leave(row, why);
      return unwrap(await this.store.decision(row.id));
    });
  }

  /** Only a guardian may go on: approve it, or take it back. */
  private async leave(row: DecisionRow, why: string): Promise<void> {
    const reason = `a crash cut it off, it may be half done, and ${why}`;
    const held = await this.ledger.change(async (changes) => {
      const now = unwrap(await this.store.hold(changes.manager, row.id));
      if (now.state !== 'executing') return now;
      return changes.move(now, 'held', { actor: SERVER_ACTOR, reason, facts: { cut_off: true } });
    });
    if (held.state === 'held') await this.calls.call('cut_off', held, reason);
  }
}
