const NAMES: Readonly<Record<string, string>> = {
  lru: 'LRU',
  lfu: 'LFU',
  lfru: 'LFRU',
  'least-stale': 'least-stale',
  'layer-quota': 'layer quota',
  belady: 'optimum (Belady)',
};

/** A policy's name for people. */
export function policyName(policy: string): string {
  return NAMES[policy] ?? policy;
}
