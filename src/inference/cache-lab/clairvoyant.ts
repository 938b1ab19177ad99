import { smallest, type CacheEntry, type ExpertPolicy, type Moment } from '../kernel/index.js';
import { keyOf } from './simulated-cache.js';
import type { TraceTurns } from './turns.js';

/** Turns that use an expert, and how many of these are over. */
interface Future {
  readonly turns: number[];
  over: number;
}

/**
 * The clairvoyant optimum: gives up what will be used again last of all. As long as the experts of one turn fit together no policy
 * has fewer misses, and none can do the same: it reads the trace ahead.
 *
 * Source: L. A. Belady, "A study of replacement algorithms for a virtual-storage computer" (IBM Systems Journal, 1966).
 */
export class Clairvoyant implements ExpertPolicy {
  private readonly futures = new Map<string, Future>();

  constructor({ turns, header }: TraceTurns) {
    turns.forEach(({ used }, turn) => {
      for (const expert of used) {
        const key = keyOf(turn % header.layers, expert);
        const known = this.futures.get(key);
        if (known) known.turns.push(turn);
        else this.futures.set(key, { turns: [turn], over: 0 });
      }
    });
  }

  victim<T extends CacheEntry>(candidates: readonly T[], { step, layer, layers }: Moment): T {
    const now = step * layers + layer;
    return smallest(candidates, ({ key }) => -this.next(key, now));
  }

  /** The first turn after `now` that uses the expert; infinity when none does. */
  private next(key: string, now: number): number {
    const future = this.futures.get(key);
    if (future === undefined) return Infinity;
    while (future.over < future.turns.length && future.turns[future.over] <= now) future.over++;
    return future.turns[future.over] ?? Infinity;
  }
}
