import { smallest, type CacheEntry, type ExpertPolicy } from './expert-policy.js';

/**
 * LFRU: the half that was used last is privileged and stays; of the other half goes what was used least often.
 *
 * Source: M. Bilal and S.-G. Kang, "A Cache Management Scheme for Efficient Content Eviction and Replication in Cache Networks"
 * (IEEE Access, 2017), with both partitions of equal size.
 */
export class FrequentAndRecent implements ExpertPolicy {
  victim<T extends CacheEntry>(candidates: readonly T[]): T {
    return smallest(candidates.slice(0, Math.ceil(candidates.length / 2)), ({ uses }) => uses);
  }
}
