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
  /** Why it was cut off before its effect began, so that nothing was done and nothing will be; null: it was not. */
  readonly halted: string | null;
  /** Where it goes on although it was told to stop: resolves when it has ended. Null: it has ended. */
  readonly goesOn: Promise<void> | null;
}

/**
 * Does an action and looks whether it helped. One that takes too long is told to stop, and has not helped whatever it did.
 * @param halt cuts it off as long as its effect has not begun; null: only its time does
 */
export async function runAction(
  action: DecisionAction,
  facts: RunFacts,
  halt: AbortSignal | null = null,
): Promise<ActionOutcome> {
  const reins = new Reins(halt);
  try {
    const work = carryOut(action, facts, reins);
    const found = await inTime(Promise.race([work, reins.halted]), action.timeoutMs, LATE);
    if (typeof found === 'string')
      return { found: { helped: false, detail: found }, halted: found, goesOn: null };
    if (found !== LATE) return { found, halted: null, goesOn: null };
    const detail = `it took longer than ${action.timeoutMs} ms`;
    reins.stop(new Error(detail));
    const ended = await inTime(work, Math.min(MOST_GRACE_MS, action.timeoutMs), LATE);
    if (ended !== LATE) return { found: { helped: false, detail }, halted: null, goesOn: null };
    const unknown = `${detail} and did not end when it was told to; what it did is not known`;
    return { found: { helped: false, detail: unknown }, halted: null, goesOn: work.then(() => undefined) };
  } finally {
    reins.letGo();
  }
}

/** What an action is held by: its time, and until its effect begins the emergency stop. */
class Reins {
  /** Resolves with the reason when it is cut off before its effect has begun: it cannot begin any more. */
  readonly halted: Promise<string>;
  private readonly aborting = new AbortController();
  private hasBegun = false;
  private readonly onHalt: () => void;

  constructor(private readonly halt: AbortSignal | null) {
    let tell: (why: string) => void;
    this.halted = new Promise((resolve) => (tell = resolve));
    this.onHalt = () => {
      if (this.hasBegun || this.signal.aborted) return;
      this.stop(halt?.reason);
      tell(messageOf(halt?.reason));
    };
    halt?.addEventListener('abort', this.onHalt);
    if (halt?.aborted === true) this.onHalt();
  }

  get signal(): AbortSignal {
    return this.aborting.signal;
  }

  /** Throws where the effect must not begin any more; afterwards it is finished, whatever is stopped. */
  begin(): void {
    this.signal.throwIfAborted();
    this.hasBegun = true;
  }

  stop(reason: unknown): void {
    this.aborting.abort(reason);
  }

  letGo(): void {
    this.halt?.removeEventListener('abort', this.onHalt);
  }
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
  reins: Reins,
): Promise<Verification> {
  return attempt(async () => {
    const { signal } = reins;
    const done = await action.execute(parameters, plan, { actor, signal, begin: () => reins.begin() });
    if (!done.ok) return { helped: false, detail: `${done.error.code}: ${done.error.message}` };
    // What is done is looked at, also where there was nothing to change.
    reins.begin();
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
