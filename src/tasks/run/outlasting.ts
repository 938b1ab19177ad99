import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../common/backoff.js';

const FIRST_WAIT_MS = 100;
/** A database that is back is noticed within this, ms. */
const LONGEST_WAIT_MS = 2_000;

/** For how long, and after what, something is tried again. */
export interface Persistence {
  /** Whether a failure passes. */
  readonly passes: (thrown: unknown) => boolean;
  /** Until when, by `performance.now()`. */
  readonly until: number;
  /** Ends the trying at once. */
  readonly signal: AbortSignal;
}

/** Tries work again, at growing distances, while it fails by what passes. Throws what it failed by last. */
export async function outlasting<T>(
  work: () => Promise<T>,
  { passes, until, signal }: Persistence,
): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await work();
    } catch (thrown) {
      const leftMs = until - performance.now();
      if (!passes(thrown) || leftMs <= 0 || signal.aborted) throw thrown;
      const waitMs = Math.min(leftMs, backoffMs(FIRST_WAIT_MS, failed, LONGEST_WAIT_MS));
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (hasEnded(signal)) throw thrown;
    }
  }
}

/** A signal may end while something is waited for. */
function hasEnded({ aborted }: AbortSignal): boolean {
  return aborted;
}
