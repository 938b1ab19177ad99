import { smallest, type CacheEntry, type ExpertPolicy } from './expert-policy.js';

/** Gives up what was used longest ago. */
export class LeastRecentlyUsed implements ExpertPolicy {
  victim<T extends CacheEntry>(candidates: Iterable<T>): T {
    for (const oldest of candidates) return oldest;
    return smallest(candidates, () => 0);
  }
}
