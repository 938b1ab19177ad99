import { expertsOf, type RoutingTrace, type TraceHeader } from '../kernel/index.js';

/** Turns of layers that a study replays at most; of a longer trace the latest. Bounds its time to some seconds per curve. */
const MOST_TURNS = 1 << 18;

/** What one layer of one pass used, and what had been foretold for it. Numbers are ascending. */
export interface Turn {
  readonly used: readonly number[];
  readonly predicted: readonly number[];
}

/** A trace taken apart: `turns[step * layers + layer]`. */
export interface TraceTurns {
  readonly header: TraceHeader;
  readonly steps: number;
  readonly turns: readonly Turn[];
}

/** Takes a trace apart, its latest passes where it is long. */
export function openTrace(trace: RoutingTrace): TraceTurns {
  const { header } = trace;
  const steps = Math.max(1, Math.min(trace.steps, Math.floor(MOST_TURNS / header.layers)));
  const turns: Turn[] = [];
  for (let step = trace.steps - steps; step < trace.steps; step++) {
    for (let layer = 0; layer < header.layers; layer++) {
      const predicted = header.predictions ? expertsOf(trace, step, layer, 'predicted') : [];
      turns.push({ used: expertsOf(trace, step, layer, 'used'), predicted });
    }
  }
  return { header, steps, turns };
}
