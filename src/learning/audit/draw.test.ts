import { nativeSha256 } from '../../common/native-hash.js';
import { auditShare, detectionOdds, drawUpdates } from './draw.js';

const beacon = (digit: string) => digit.repeat(64);
const draw = (root: string, steps: number, count: number) => drawUpdates(root, steps, count, nativeSha256);

describe('the draw of updates', () => {
  it('follows from the beacon, and gives each update once, ascending', () => {
    const drawn = draw(beacon('a'), 1000, 50);
    expect(draw(beacon('a'), 1000, 50)).toEqual(drawn);
    expect(draw(beacon('b'), 1000, 50)).not.toEqual(drawn);
    expect(new Set(drawn).size).toBe(52);
    expect([...drawn].sort((a, b) => a - b)).toEqual(drawn);
    expect(drawn.every((step) => step >= 0 && step < 1000)).toBe(true);
  });

  it('takes all where there are no more, and none of none', () => {
    for (const steps of [0, 1, 2, 3, 10])
      expect(draw(beacon('a'), steps, 8)).toEqual(Array.from({ length: steps }, (_, step) => step));
  });

  it('always takes the first and the last', () => {
    for (const digit of '0123456789') {
      const drawn = draw(beacon(digit), 100, 1);
      expect(drawn).toHaveLength(3);
      expect([drawn[0], drawn[2]]).toEqual([0, 99]);
      expect(drawn[1]).toBeGreaterThan(0);
      expect(drawn[1]).toBeLessThan(99);
    }
  });

  it('finds forged updates at least as often as the odds say', () => {
    const [steps, forged, count, rounds] = [100, 10, 8, 400];
    const hits = Array.from({ length: rounds }, (_, i) =>
      draw(i.toString(16).padStart(64, '0'), steps, count),
    );
    const found = hits.filter((drawn) => drawn.some((step) => step > 0 && step <= forged)).length / rounds;
    const odds = detectionOdds(forged / steps, count);
    expect(odds).toBeCloseTo(1 - 0.9 ** 8, 12);
    // Beacons are fixed, so this is no matter of luck: four standard deviations of 400 rounds are 0.1.
    expect(found).toBeGreaterThan(odds - 0.1);
    expect(found).toBeLessThan(odds + 0.12);
  });

  it('tells its cost by tokens', () => {
    const steps = [10, 30, 60].map((tokens) => ({ hash: beacon('0'), tokens, examples: 1, loss: 1 }));
    expect(auditShare(steps, [1, 2])).toBeCloseTo(0.9, 12);
    expect(auditShare([], [])).toBe(0);
  });
});
