import { Injectable, Logger } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { haltSignal } from '../../common/autonomy/halt-signal.js';
import {
  CodedError,
  err,
  EventBus,
  messageOf,
  ok,
  unwrap,
  type Json,
  type Result,
} from '../../common/index.js';
import { ActionRegistry } from '../actions/action-registry.js';
import type { DecisionAction, Verification } from '../actions/decision-action.js';
import { SafetyChecks } from '../safety/safety-checks.js';
import type { SafetyReport } from '../safety/safety-report.js';
import { DecisionStore } from '../store/decision-store.js';
import type { DecisionRow } from '../store/rows.js';
import { runAction } from './action-run.js';
import { DecisionCalls } from './decision-calls.js';
import { DecisionLedger } from './decision-ledger.js';
import { LateActions } from './late-actions.js';

/** What the server is called where it must have done a thing. */
export const SERVER_ACTOR = 'server';
/** How much longer than its deadline an action is left to the process that began it, ms. */
const LEASE_GRACE_MS = 15_000;

/** How long an action is left to the process that does it, ms. */
export function leaseOf({ timeoutMs }: DecisionAction): number {
  return timeoutMs + LEASE_GRACE_MS;
}

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
    private readonly calls: DecisionCalls,
    private readonly late: LateActions,
    private readonly events: EventBus,
  ) {}

  /**
   * Acts on an approved decision; one that is not approved any more, or that others act on, stays as it is.
   * @param left whether nobody waits for it: the process that should have done it is gone, and the emergency stop holds it
   */
  async execute(id: string, left = false): Promise<DecisionRow> {
    const { row: begun, isNew } = await this.begin(id, left);
    if (begun.state !== 'executing') return begun;
    const held = (why: string) => this.holdBack(id, why, isNew);
    return this.carryOut(begun, begun.automatic || left ? held : null);
  }

  /**
   * Does what a decision says that this process has the lease of; it has begun.
   * @param onHalt what becomes of one that the emergency stop cuts off before its effect begins; null: it does not
   */
  async carryOut(
    row: DecisionRow,
    onHalt: ((why: string) => Promise<DecisionRow>) | null,
  ): Promise<DecisionRow> {
    const action = unwrap(this.registry.of(row.type, row.action));
    const { parameters, result: plan } = row;
    const actor = row.decidedBy ?? SERVER_ACTOR;
    const halt = onHalt === null ? null : haltSignal(this.events, this.gate);
    const outcome = await runAction(action, { parameters, plan, actor }, halt?.signal ?? null);
    halt?.end();
    const { found, goesOn, halted } = outcome;
    if (onHalt !== null && halted !== null) return onHalt(halted);
    const ended = await this.end(row.id, found);
    if (ended.state !== 'failed') return ended;
    if (goesOn === null) return this.takeBack(ended, 'it did not help');
    this.late.watch(row.id, goesOn, async () =>
      this.takeBack(unwrap(await this.store.decision(row.id)), 'it ended late'),
    );
    await this.calls.call('effect_unknown', ended, found.detail);
    return ended;
  }

  /** Ends an action that had begun, without a word about what is to follow; what did not help is to be taken back. */
  end(id: string, { helped, detail }: Verification): Promise<DecisionRow> {
    return this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, id));
      if (row.state !== 'executing') return row;
      const facts = { actor: SERVER_ACTOR, helped, detail };
      if (helped) return changes.move(row, 'succeeded', facts);
      const leaseMs = leaseOf(unwrap(this.registry.of(row.type, row.action)));
      return changes.move(row, 'failed', { ...facts, leaseMs });
    });
  }

  /** Takes back what did not help. While automatic action is stopped it waits, unless a guardian had ordered the action. */
  async takeBack(row: DecisionRow, reason: string): Promise<DecisionRow> {
    if (row.state !== 'failed' || (row.automatic && !this.gate.state().allowed)) return row;
    const undone = await this.undo(row, SERVER_ACTOR, reason).catch((thrown: unknown) =>
      err(new CodedError('DECISION_NOT_UNDOABLE', messageOf(thrown))),
    );
    if (undone.ok) return undone.value;
    this.logger.error(`decision ${row.id} did not help and could not be undone: ${undone.error.message}`);
    await this.calls.call('not_taken_back', row, `it did not help and stays: ${undone.error.message}`);
    // Only now: cut off before it, somebody is called all the same.
    await this.store.lease(row.id, null);
    return row;
  }

  /** Takes back what a decision did. `DECISION_NOT_UNDOABLE` (409), and what the action refuses with. */
  async undo(row: DecisionRow, actor: string, reason: string): Promise<Result<DecisionRow>> {
    const action = this.registry.of(row.type, row.action);
    if (!action.ok) return action;
    if (row.result === null) return err(notUndoable(row));
    const undone = await action.value.undo(row.parameters, row.result, actor);
    return undone.ok ? ok(await this.moveUndone(row.id, actor, reason)) : undone;
  }

  /** What the safety checks say now; null where the action puts nothing in front of people. */
  async safetyOf({
    type,
    action: name,
    parameters,
    proposal,
    automatic,
  }: DecisionRow): Promise<SafetyReport | null> {
    const action = this.registry.of(type, name);
    const proposed = action.ok ? await action.value.propose(parameters) : action;
    // What has begun may not be proposable any more.
    const { release, goesBack } = proposed.ok ? proposed.value : proposal;
    if (release !== null) return this.safety.check({ release });
    return goesBack === true && automatic ? this.safety.checkReturn() : null;
  }

  /** @returns `isNew`: how things are before it was looked at now, not kept from an attempt that was cut off */
  private async begin(id: string, left: boolean): Promise<{ row: DecisionRow; isNew: boolean }> {
    const found = unwrap(await this.store.decision(id));
    // An answer may have taken its time, and changed the parameters: what not even a guardian may let pass is asked now.
    const unsafe = blocking(await this.safetyOf(found));
    const action = unwrap(this.registry.of(found.type, found.action));
    // One that was cut off keeps what it had found before it began.
    const plan = found.result === null ? await action.prepare(found.parameters) : ok(found.result);
    const begun = await this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, id));
      if (row.state !== 'approved' || row.delegated) return row;
      if (unsafe !== null) return changes.move(row, 'refused', { actor: SERVER_ACTOR, reason: unsafe });
      const { allowed, reason } = this.gate.state();
      if (!allowed && (row.automatic || left))
        return changes.move(row, 'held', { actor: SERVER_ACTOR, reason: `automatic action is ${reason}` });
      if (!plan.ok) {
        const detail = `${plan.error.code}: ${plan.error.message}`;
        return changes.move(row, 'failed', { actor: SERVER_ACTOR, helped: false, detail });
      }
      const facts: { result: Json; leaseMs: number } = { result: plan.value, leaseMs: leaseOf(action) };
      return changes.move(row, 'executing', { actor: row.decidedBy ?? SERVER_ACTOR, ...facts });
    });
    return { row: begun, isNew: found.result === null };
  }

  /** Nothing was done: it is as if it had been held before. What it found is looked for anew when a guardian lets it go on. */
  private holdBack(id: string, why: string, forgets: boolean): Promise<DecisionRow> {
    return this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, id));
      if (row.state !== 'executing') return row;
      const reason = `${why}; nothing had been done yet`;
      return changes.move(row, 'held', { actor: SERVER_ACTOR, reason, ...(forgets && { result: null }) });
    });
  }

  private moveUndone(id: string, actor: string, reason: string): Promise<DecisionRow> {
    return this.ledger.change(async (changes) => {
      const row = unwrap(await this.store.hold(changes.manager, id));
      return row.state === 'undone' ? row : changes.move(row, 'undone', { actor, reason });
    });
  }
}

/** What blocks an action whoever wants it, in words; null: nothing does. */
export function blocking(report: SafetyReport | null): string | null {
  const checks = report?.checks.filter(({ outcome }) => outcome === 'blocked') ?? [];
  return checks.length === 0 ? null : checks.map(({ name, detail }) => `${name}: ${detail}`).join('; ');
}

function notUndoable({ id, state }: DecisionRow): CodedError {
  const detail = `The decision ${id} is ${state} and left nothing to take back.`;
  return new CodedError('DECISION_NOT_UNDOABLE', detail, { decision: id, state }, 409);
}
