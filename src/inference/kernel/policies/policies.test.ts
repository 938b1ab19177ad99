import { createPolicy, POLICY_NAMES, type CacheEntry, type Moment, type PolicyName } from './index.js';

const LAYERS = 4;
const at = (step: number, layer: number): Moment => ({ step, layer, layers: LAYERS });
const entry = (layer: number, expert: number, lastStep = 0, uses = 1): CacheEntry => ({
  ...{ key: `${layer}.${expert}`, layer },
  ...{ lastStep, uses },
});

/** The victim among entries given in order of last use. */
function victim(name: PolicyName, entries: readonly CacheEntry[], moment: Moment): string {
  const policy = createPolicy(name);
  for (const one of entries) policy.added?.(one);
  return policy.victim(entries, moment).key;
}

describe.each(POLICY_NAMES)('%s', (name) => {
  it('gives up one of the candidates, the same for the same history, and changes none of them', () => {
    let seed = 7;
    const random = (below: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % below;
    for (let trial = 0; trial < 200; trial++) {
      const known = Array.from({ length: 12 }, (_, i) => entry(i % LAYERS, i >> 2, random(5), random(9)));
      const candidates = known.filter(() => random(3) > 0);
      if (candidates.length === 0) continue;
      const before = JSON.stringify(candidates);
      const moment = at(5, random(LAYERS));
      const [first, second] = [createPolicy(name), createPolicy(name)].map((policy) => {
        for (const one of known) policy.added?.(one);
        return policy.victim(candidates, moment);
      });
      expect(candidates).toContain(first);
      expect(second).toBe(first);
      expect(JSON.stringify(candidates)).toBe(before);
    }
  });

  it('takes a single candidate, may be asked twice, and refuses none at all', () => {
    const only = entry(2, 1);
    const policy = createPolicy(name);
    policy.added?.(only);
    expect(policy.victim([only], at(1, 0))).toBe(only);
    expect(policy.victim([only], at(1, 3))).toBe(only);
    expect(() => policy.victim([], at(1, 0))).toThrow('no expert can be given up');
  });
});

describe('what each policy gives up', () => {
  it('lru: what was used longest ago', () => {
    expect(victim('lru', [entry(1, 0, 1, 9), entry(0, 0, 2, 1)], at(3, 2))).toBe('1.0');
  });

  it('lfu: what was used least; among equals longest ago', () => {
    expect(victim('lfu', [entry(1, 0, 1, 9), entry(0, 1, 2, 2), entry(0, 0, 2, 2)], at(3, 2))).toBe('0.1');
  });

  it('lfru: what was used least among the half that was used longest ago', () => {
    const entries = [entry(0, 0, 1, 5), entry(1, 0, 1, 4), entry(2, 0, 2, 1), entry(3, 0, 2, 1)];
    expect(victim('lfru', entries, at(3, 2))).toBe('1.0');
  });

  it('least-stale: what its layer passed over first, then what has the longest way to its next turn', () => {
    const fresh = [entry(3, 0, 4), entry(0, 0, 5), entry(1, 0, 5)];
    expect(victim('least-stale', fresh, at(5, 2))).toBe('1.0');
    expect(victim('least-stale', fresh, at(5, 1))).toBe('1.0');
    expect(victim('least-stale', [...fresh, entry(3, 1, 3)], at(5, 2))).toBe('3.1');
    expect(victim('least-stale', [...fresh, entry(3, 1, 3), entry(0, 1, 4)], at(5, 2))).toBe('0.1');
  });

  it('layer-quota: from the own layer when it has its share, else from the layer with most', () => {
    const entries = [entry(0, 0), entry(1, 0), entry(1, 1), entry(1, 2), entry(2, 0), entry(2, 1)];
    expect(victim('layer-quota', entries, at(1, 0))).toBe('0.0');
    expect(victim('layer-quota', entries, at(1, 3))).toBe('1.0');
  });
});
