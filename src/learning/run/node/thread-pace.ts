import { availableParallelism } from 'node:os';
import type { Pieces } from '../../trainer/pieces.js';
import { Pace, type ProcessorUse } from '../pace.js';

/** What is read of this process; ms each. */
export interface ThreadTimes {
  /** Processor time of all threads of this process, and of the calling one. */
  whole(): number;
  own(): number;
  /** A clock that never goes back. */
  now(): number;
}

const THIS_THREAD: ThreadTimes = {
  whole: () => milliseconds(process.cpuUsage()),
  own: () => milliseconds(process.threadCpuUsage()),
  now: () => performance.now(),
};

/** What the other threads of this process use, from call to call; null at the first one. */
export function useBeside({ whole, own, now }: ThreadTimes = THIS_THREAD): () => ProcessorUse | null {
  const read = () => ({ whole: whole(), own: own(), at: now() });
  let last: ReturnType<typeof read> | null = null;
  return () => {
    const [before, after] = [last, read()];
    last = after;
    if (before === null || after.at <= before.at) return null;
    const used = after.own - before.own;
    return { own: used, others: Math.max(0, after.whole - before.whole - used) / (after.at - before.at) };
  };
}

/**
 * Carries out work of the calling thread so that it gives way to the other threads of its process, as a server's that answer; other
 * programs go first by the thread's priority alone. The thread is held while it rests.
 * @param longest milliseconds from now after which it rests no more
 */
export function givingWay(longest: number): <T>(pieces: Pieces<T>) => T {
  const end = performance.now() + longest;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const hold = (time: number) => void Atomics.wait(cell, 0, 0, time);
  const pace = new Pace({
    ...{ threads: 1, processors: availableParallelism(), use: useBeside(), hold },
    signal: {
      get aborted() {
        return performance.now() > end;
      },
    },
    now: () => performance.now(),
    wait: (time) => Promise.resolve(hold(time)),
  });
  return pace.carryOutHere;
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
