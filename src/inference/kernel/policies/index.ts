import type { ExpertPolicy } from './expert-policy.js';
import { FrequentAndRecent } from './frequent-and-recent.js';
import { LayerQuota } from './layer-quota.js';
import { LeastFrequentlyUsed } from './least-frequently-used.js';
import { LeastRecentlyUsed } from './least-recently-used.js';
import { LeastStale } from './least-stale.js';

export type { CacheEntry, ExpertPolicy, Moment } from './expert-policy.js';
export { smallest } from './expert-policy.js';

const POLICIES = {
  lru: LeastRecentlyUsed,
  lfu: LeastFrequentlyUsed,
  lfru: FrequentAndRecent,
  'least-stale': LeastStale,
  'layer-quota': LayerQuota,
} as const;

/** A policy by the name it has in settings, files and figures. */
export type PolicyName = keyof typeof POLICIES;

/** All policies, in the order they are shown. */
export const POLICY_NAMES = Object.keys(POLICIES) as readonly PolicyName[];

/** A fresh policy, which knows of nothing in memory yet. */
export function createPolicy(name: PolicyName): ExpertPolicy {
  return new POLICIES[name]();
}
