import type { AcceptedRival } from '../submission/rival-query.js';
import { paidBefore } from './paid-before.js';

const NONE = new Map<string, { block: string }>();
const live = (...names: readonly string[]) =>
  new Map(names.map((name) => [`layer3.${name}`, { block: `block of ${name}` }]));

/** A rival with new experts of a layer, that was paid for a part of its fall. */
function added(names: readonly string[], fall: number, paid: number, changes: Partial<AcceptedRival> = {}) {
  const blocks = new Map(names.map((name) => [`layer3.${name}`, `block of ${name}`]));
  const verdict = {
    accepted: true,
    figures: { overall: { fall } },
    rewarded: { fall: paid, before: fall - paid },
  };
  return { isSame: false, added: blocks, state: 'accepted', verdict, ...changes } as AcceptedRival;
}

describe('what was paid for before', () => {
  const declined = added(['expert8'], 0.05, 0.05);

  it('is what a new expert of the layer was paid for that nobody wanted, under whichever number the next one comes', () => {
    expect(paidBefore([], NONE)).toBe(0);
    expect(paidBefore([declined], NONE)).toBe(0.05);
    expect(paidBefore([added(['expert9'], 0.06, 0.01), declined], NONE)).toBeCloseTo(0.06);
  });

  it('is nothing of what is live, as the candidate is compared with that, and of what made up for it', () => {
    expect(paidBefore([declined], live('expert8'))).toBe(0);
    expect(paidBefore([added(['expert9'], 0.06, 0.01), declined], live('expert9'))).toBeCloseTo(0);
    const little = added(['expert9'], 0.02, 0);
    expect(paidBefore([little, declined], live('expert9'))).toBeCloseTo(0.03);
  });

  it('is not made up for by what was live before it was paid', () => {
    const free = added(['expert8'], 0.05, 0, { state: 'released' });
    expect(paidBefore([added(['expert9'], 0.05, 0.05), free], live('expert8'))).toBe(0.05);
  });

  it('is all of it again where live ones were removed or rolled back, one after the other', () => {
    const both = [added(['expert9'], 0.03, 0.03), declined].map((rival) => ({
      ...rival,
      state: 'released' as const,
    }));
    expect(paidBefore(both, live('expert8', 'expert9'))).toBe(0);
    expect(paidBefore(both, live('expert8'))).toBe(0.03);
    expect(paidBefore(both, NONE)).toBeCloseTo(0.08);
    const pair = [added(['expert8', 'expert9'], 0.05, 0.05, { state: 'released' })];
    expect(paidBefore(pair, live('expert8'))).toBe(0.05);
  });

  it('is nothing of a live one that was trained further, but all of one that was rolled back before another took its place', () => {
    const further = new Map([['layer3.expert8', { block: 'what came of it' }]]);
    const released = { ...declined, state: 'released' as const };
    expect(paidBefore([released], further)).toBe(0);
    expect(paidBefore([declined], further)).toBe(0.05);
    const second = added(['expert8'], 0.05, 0, { state: 'released' });
    expect(paidBefore([second, added(['expert8'], 0.09, 0.09, { state: 'released' })], further)).toBeCloseTo(
      0.04,
    );
  });

  it('is what the best was paid for of an expert that was there before', () => {
    const again = (fall: number, paid: number) =>
      added([], fall, paid, { isSame: true, state: 'superseded' });
    expect(paidBefore([again(0.04, 0), again(0.06, 0.01), again(0.05, 0.05)], NONE)).toBeCloseTo(0.06);
    expect(paidBefore([again(0.04, 0.04), declined], NONE)).toBe(0.05);
  });
});
