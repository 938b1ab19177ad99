import { constants, getPriority, setPriority } from 'node:os';

/**
 * How much nicer the kernel's threads are than the others of the process. They take every core for as long as there is work, so that the
 * thread that answers HTTP would wait for its turn behind them; so it gets a core as soon as it has something to do, and the kernel's
 * threads lose no more than that.
 */
const NICER = 10;
const CALLING_THREAD = 0;

/**
 * Lets other threads of the process go before the calling one. On Linux alone: elsewhere a priority is that of the whole process. Whoever
 * started the server niced keeps that; a sandbox that forbids it changes nothing but who waits.
 */
export function letOthersGoFirst(): void {
  if (process.platform !== 'linux') return;
  try {
    const niceness = Math.min(getPriority(CALLING_THREAD) + NICER, constants.priority.PRIORITY_LOW);
    setPriority(CALLING_THREAD, niceness);
  } catch {
    // the thread computes the same at any priority
  }
}
