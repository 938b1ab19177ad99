import { Injectable, Logger } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { CodedError, err, messageOf, ok, unwrap, type Json, type Result } from '../../common/index.js';
import { ActionRegistry } from '../actions/action-registry.js';
import type { DecisionAction, Verification } from '../actions/decision-action.js';
import { SafetyChecks } from '../safety/safety-checks.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow } from '../store/rows.js';
import { DecisionLedger } from './decision-ledger.js';

/** What the server is called where it must have done a thing. */
export const SERVER_ACTOR = 'server';
/** How much longer than its deadline an action is left to the process that began it, ms. */
const LEASE_GRACE_MS = 15_000;

/** Does what was decided, checks that it helped, and takes back what did not. */
@Injectable()
export class DecisionExecutor {
  private readonly logger = new Logger('Decisions');

  constructor(
    private readonly registry: ActionRegistry,
    private readonly store: DecisionStore,
    private readonly ledger: DecisionLedger,
    private readonly gate: AutonomyGate,
    private readonly safety: SafetyChecks,
  ) {}

  /** Acts on an approved decision; one that is not approved any more, or that others act on, stays as it is. */
  async execute(id: string): Promise<DecisionRow> {
    const begun = await this.begin(id);
    if (begun.state !== 'executing') return begun;
    const action = unwrap(this.registry.of(begun.type, begun.action));
    const { result, found } = await this.act(action, begun);
    const ended = await this.end(id, result, found);
    return found.helped || result === null
      ? ended
      : this.takeBack(ended, action, SERVER_ACTOR, 'it did not help');
  }

  /** Takes back what a decision did. `DECISION_NOT_UNDOABLE` (409), and what the action refuses with. */
  async undo(row: DecisionRow, actor: string, reason: string): Promise<Result<DecisionRow>> {
    const action = this.registry.of(row.type, row.action);
    if (!action.ok) return action;
    if (row.result === null) return err(notUndoable(row));
    const undone = await action.value.undo(row.parameters, row.result, actor);
    if (!undone.ok) return undone;
    return ok(await this.moveUndone(row.id, actor, reason));
  }

  /** Looks at an action that a process left: what it led to says whether it succeeded. */
  async recover(id: string): Promise<void> {
    const row = unwrap(await this.store.decision(id));
    if (row.state === 'approved') {
      await this.execute(id);
      return;
    }
    const action = this.registry.of(row.type, row.action);
    if (row.state !== 'executing' || !action.ok) return;
    // Actions lead to a state, so that doing one again does it once.
    const { result, found } = await this.act(action.value, row);
    await this.end(id, result, found);
  }

  private async begin(id: string): Promise<DecisionRow> {
    const unsafe = await this.unsafe(unwrap(await this.store.decision(id)));
    return this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, id));
      if (row.state !== 'approved' || row.delegated) return row;
      if (unsafe !== null) return changes.move(row, 'refused', { actor: SERVER_ACTOR, reason: unsafe });
      const { allowed, reason } = this.gate.state();
      if (!allowed && row.automatic)
        return changes.move(row, 'held', { actor: SERVER_ACTOR, reason: `automatic action is ${reason}` });
      const action = unwrap(this.registry.of(row.type, row.action));
      const leaseMs = action.timeoutMs + LEASE_GRACE_MS;
      return changes.move(row, 'executing', { actor: row.decidedBy ?? SERVER_ACTOR, leaseMs });
    });
  }

  /** What not even a guardian may let pass, as of now: an answer may have taken its time, and changed the parameters. */
  private async unsafe(row: DecisionRow): Promise<string | null> {
    const action = this.registry.of(row.type, row.action);
    const proposal = action.ok ? await action.value.propose(row.parameters) : action;
    if (!proposal.ok || proposal.value.release === null) return null;
    const report = await this.safety.check({ release: proposal.value.release });
    const blocking = report.checks.filter(({ outcome }) => outcome === 'blocked');
    return blocking.length === 0 ? null : blocking.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
  }

  private async act(
    action: DecisionAction,
    { parameters, decidedBy }: DecisionRow,
  ): Promise<{ result: Json; found: Verification }> {
    let result: Json = null;
    const work = async (): Promise<Verification> => {
      const done = await action.execute(parameters, decidedBy ?? SERVER_ACTOR);
      if (!done.ok) return { helped: false, detail: `${done.error.code}: ${done.error.message}` };
      result = done.value;
      return action.verify(parameters, result);
    };
    try {
      const found = await inTime(work(), action.timeoutMs);
      return { result, found };
    } catch (thrown) {
      this.logger.warn(`${action.type}/${action.name} threw: ${messageOf(thrown)}`);
      return { result, found: { helped: false, detail: messageOf(thrown).slice(0, 500) } };
    }
  }

  private end(id: string, result: Json, { helped, detail }: Verification): Promise<DecisionRow> {
    return this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, id));
      if (row.state !== 'executing') return row;
      const to = helped ? 'succeeded' : 'failed';
      return changes.move(row, to, { actor: SERVER_ACTOR, result, helped, detail });
    });
  }

  private async takeBack(
    row: DecisionRow,
    action: DecisionAction,
    actor: string,
    reason: string,
  ): Promise<DecisionRow> {
    const undone = await action.undo(row.parameters, row.result, actor);
    if (undone.ok) return this.moveUndone(row.id, actor, reason);
    this.logger.error(`decision ${row.id} did not help and could not be undone: ${undone.error.message}`);
    return row;
  }

  private moveUndone(id: string, actor: string, reason: string): Promise<DecisionRow> {
    return this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, id));
      return row.state === 'undone' ? row : changes.move(row, 'undone', { actor, reason });
    });
  }
}

function inTime(work: Promise<Verification>, timeoutMs: number): Promise<Verification> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Verification>((resolve) => {
    timer = setTimeout(
      () => resolve({ helped: false, detail: `it took longer than ${timeoutMs} ms` }),
      timeoutMs,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function notUndoable({ id, state }: DecisionRow): CodedError {
  const detail = `The decision ${id} is ${state} and left nothing to take back.`;
  return new CodedError('DECISION_NOT_UNDOABLE', detail, { decision: id, state }, 409);
}
