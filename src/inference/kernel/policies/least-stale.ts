import { smallest, type CacheEntry, type ExpertPolicy, type Moment } from './expert-policy.js';

/**
 * Least-stale: layers come round in a fixed order, so an expert can be used again no sooner than its layer's next turn. First goes
 * what its layer's last turn did not use (it is stale); among these, and then among the rest, what has the longest way to its next
 * turn: experts of the layers just passed.
 *
 * Source: D. Hoang, A. Jaiswal, M. Samragh, M. Cho, "SpecMD: A Comprehensive Study On Speculative Expert Prefetching"
 * (arXiv:2602.03921, 2026); the order within the two groups is our reading of it.
 */
export class LeastStale implements ExpertPolicy {
  victim<T extends CacheEntry>(candidates: readonly T[], at: Moment): T {
    return smallest(candidates, (entry) => {
      const lastTurn = entry.layer <= at.layer ? at.step : at.step - 1;
      const stale = entry.lastStep < lastTurn;
      return (stale ? 0 : at.layers + 1) - distance(entry.layer, at);
    });
  }
}

/** Layers until a layer's next turn, 1 to the number of layers. */
function distance(layer: number, at: Moment): number {
  return layer > at.layer ? layer - at.layer : layer - at.layer + at.layers;
}
