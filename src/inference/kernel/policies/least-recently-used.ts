import { smallest, type CacheEntry, type ExpertPolicy } from './expert-policy.js';

/** Gives up what was used longest ago. */
export class LeastRecentlyUsed implements ExpertPolicy {
  victim<T extends CacheEntry>(candidates: readonly T[]): T {
    return smallest(candidates.slice(0, 1), () => 0);
  }
}
