import { messageOf, type Json } from '../../common/index.js';
import { inTime } from '../../monitoring/index.js';
import type { ActionParameters, DecisionAction, Verification } from '../actions/decision-action.js';

/** How long an action that was told to stop may take to end before it is left to itself, ms; never longer than it had. */
const MOST_GRACE_MS = 5_000;
const LATE = Symbol('late');

/** What an action is run with. */
export interface RunFacts {
  readonly parameters: ActionParameters;
  /** What `prepare` answered. */
  readonly plan: Json;
  readonly actor: string;
}

/** How an action went. */
export interface ActionOutcome {
  readonly found: Verification;
  /** Where it goes on although it was told to stop: resolves when it has ended. Null: it has ended. */
  readonly goesOn: Promise<void> | null;
}

/** Does an action and looks whether it helped. One that takes too long is told to stop, and has not helped whatever it did. */
export async function runAction(action: DecisionAction, facts: RunFacts): Promise<ActionOutcome> {
  const stop = new AbortController();
  const work = carryOut(action, facts, stop.signal);
  const found = await inTime(work, action.timeoutMs, LATE);
  if (found !== LATE) return { found, goesOn: null };
  const detail = `it took longer than ${action.timeoutMs} ms`;
  stop.abort(new Error(detail));
  const ended = await inTime(work, Math.min(MOST_GRACE_MS, action.timeoutMs), LATE);
  if (ended !== LATE) return { found: { helped: false, detail }, goesOn: null };
  const unknown = `${detail} and did not end when it was told to; what it did is not known`;
  return { found: { helped: false, detail: unknown }, goesOn: work.then(() => undefined) };
}

/** Whether things are already as an action wants them; not being able to say so means no. */
export async function lookWhether(
  action: DecisionAction,
  { parameters, plan }: RunFacts,
): Promise<Verification> {
  const stop = new AbortController();
  const looked = attempt(() => action.verify(parameters, plan, stop.signal));
  const found = await inTime(looked, action.timeoutMs, LATE);
  stop.abort();
  return found === LATE ? { helped: false, detail: 'looking took too long' } : found;
}

function carryOut(
  action: DecisionAction,
  { parameters, plan, actor }: RunFacts,
  signal: AbortSignal,
): Promise<Verification> {
  return attempt(async () => {
    const done = await action.execute(parameters, plan, { actor, signal });
    if (!done.ok) return { helped: false, detail: `${done.error.code}: ${done.error.message}` };
    signal.throwIfAborted();
    return action.verify(parameters, plan, signal);
  });
}

/** What throws has not helped. */
async function attempt(work: () => Promise<Verification>): Promise<Verification> {
  try {
    return await work();
  } catch (thrown) {
    return { helped: false, detail: messageOf(thrown).slice(0, 500) };
  }
}
