import type { EventBus } from '../events.js';
import type { AutonomyGate } from './autonomy-gate.js';

/** The emergency stop as seen by one piece of work. */
export interface HaltSignal {
  /** Aborted once automatic action is stopped; it stays so after the resume. */
  readonly signal: AbortSignal;
  /** Listens no more; to be called when the work has ended. */
  end(): void;
}

/** Tells a piece of work that began while automatic action was allowed when it is stopped, so that it can be cut off. */
export function haltSignal(events: EventBus, gate: AutonomyGate): HaltSignal {
  const halted = new AbortController();
  const look = () => {
    if (!gate.state().allowed) halted.abort(new Error(`automatic action is ${gate.state().reason}`));
  };
  const end = events.on('autonomy.changed', look);
  // It may have come just before.
  look();
  return { signal: halted.signal, end: () => void end() };
}
