import { figureOf, healthOf, loadOf } from './phases.js';
import { foremost, ringPath, SIDE, sine } from './rings.js';

const radii = (path: string): number[] =>
  path
    .slice(1, -1)
    .split('L')
    .map((pair) => pair.split(' ').map(Number))
    .map(([x, y]) => Math.hypot(x - SIDE / 2, y - SIDE / 2));
const depth = (path: string) => Math.max(...radii(path)) - Math.min(...radii(path));

describe('the rings', () => {
  it('swell with their value and are still circles without data', () => {
    expect(depth(ringPath(0, null, 1))).toBeLessThan(0.3);
    expect(depth(ringPath(1, 0.2, 1))).toBeLessThan(depth(ringPath(1, 0.9, 1)));
  });

  it('never touch each other nor leave the picture', () => {
    for (let turn = 0; turn < 40; turn++)
      for (let ring = 0; ring < 4; ring++) {
        const outer = ring === 3 ? SIDE / 2 : 48 + (ring + 1) * 34;
        expect(Math.max(...radii(ringPath(ring, 1, turn / 3)))).toBeLessThan(outer);
      }
  });

  it('swing like a sine', () => {
    const quarter = Math.PI / 2;
    for (const [x, y] of [
      [0, 0],
      [quarter, 1],
      [2 * quarter, 0],
      [3 * quarter, -1],
      [-quarter, -1],
      [101 * quarter, 1],
    ])
      expect(sine(x)).toBeCloseTo(y, 9);
    expect(sine(Math.PI / 6)).toBeCloseTo(0.5, 2);
  });

  it('come forward one after another', () => {
    expect([0, 5_999, 6_000, 12_000, 18_000, 24_000].map(foremost)).toEqual([0, 0, 1, 2, 3, 0]);
  });
});

describe('what drives them', () => {
  it('is the load of running and waiting answers', () => {
    expect(loadOf({ active: 0, queued: 0, tokensPerSecond: 0 }).value).toBe(0);
    expect(loadOf({ active: 3, queued: 1, tokensPerSecond: 12.34 })).toEqual({
      value: 0.5,
      detail: '3 running, 1 waiting, 12.3 tokens/s',
    });
  });

  it('is the share of probes that are well', () => {
    expect(healthOf(['ok', 'ok', 'degraded', 'failed'])).toEqual({
      value: 0.625,
      detail: '2 of 4 probes well',
    });
  });

  it('is nothing where there is no data, rather than something made up', () => {
    const nothing = { value: null, detail: 'no data' };
    expect(loadOf(null)).toEqual(nothing);
    expect(healthOf(null)).toEqual(nothing);
    expect(healthOf([])).toEqual(nothing);
    expect(figureOf(null)).toEqual(nothing);
    for (const wrong of [undefined, '0.5', -0.1, 1.1, Number.NaN]) expect(figureOf(wrong)).toEqual(nothing);
    expect(figureOf(0.8).value).toBe(0.8);
  });
});
