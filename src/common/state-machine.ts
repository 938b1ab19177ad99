import { CodedError } from './errors.js';
import { err, ok, type Result } from './result.js';

/** A state machine as data: from each state, the states that may follow. A state that nothing follows is final. */
export interface StateMachine<S extends string> {
  readonly initial: S;
  readonly states: readonly S[];
  /** Whether nothing follows a state. */
  isFinal(state: S): boolean;
  /** The next state, or `STATE_CONFLICT` (409) where it may not follow. */
  move(from: S, to: S): Result<S>;
}

/**
 * Checks and defines a machine. Throws for a state that cannot be reached from the initial one, and for one from which no
 * final state can be reached: both are bugs in the table.
 */
export function defineStateMachine<S extends string>(
  name: string,
  initial: S,
  moves: Readonly<Record<S, readonly S[]>>,
): StateMachine<S> {
  const states = Object.keys(moves) as S[];
  const reach = (from: S): Set<S> => {
    const seen = new Set<S>([from]);
    for (const state of seen) for (const next of moves[state]) seen.add(next);
    return seen;
  };
  const reachable = reach(initial);
  for (const state of states) {
    if (!reachable.has(state)) throw new Error(`${name}: ${state} cannot be reached`);
    if (![...reach(state)].some((end) => moves[end].length === 0))
      throw new Error(`${name}: nothing ends from ${state}`);
  }
  return {
    initial,
    states,
    isFinal: (state) => moves[state].length === 0,
    move: (from, to) => (moves[from].includes(to) ? ok(to) : err(conflict(name, from, to))),
  };
}

function conflict(name: string, from: string, to: string): CodedError {
  return new CodedError(
    'STATE_CONFLICT',
    `A ${name} that is ${from} cannot become ${to}.`,
    { from, to },
    409,
  );
}
