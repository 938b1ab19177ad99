import { cpus } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { Pace } from '../pace.js';
import { ProcessorMeter } from './processor-meter.js';

/** A pace that is kept by who uses this machine's processors; where that cannot be known, it never rests. */
export function machinePace(threads: number, signal: AbortSignal): Pace {
  const meter = new ProcessorMeter();
  return new Pace({
    ...{ threads, processors: cpus().length, signal },
    now: () => performance.now(),
    use: () => meter.look(),
    wait: (milliseconds) =>
      setTimeout(milliseconds, undefined, { signal }).catch(() => {
        // the signal ended it
      }),
  });
}
