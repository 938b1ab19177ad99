import { smallest, type CacheEntry, type ExpertPolicy } from './expert-policy.js';

/** Gives up what was used by the fewest passes since its model was loaded; among equals what was used longest ago. */
export class LeastFrequentlyUsed implements ExpertPolicy {
  victim<T extends CacheEntry>(candidates: readonly T[]): T {
    return smallest(candidates, ({ uses }) => uses);
  }
}
