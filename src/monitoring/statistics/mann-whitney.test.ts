import { liesAbove, median } from './mann-whitney.js';

describe('liesAbove', () => {
  it('agrees with a published example', () => {
    // scipy.stats.mannwhitneyu's documented example: U = 17 of n = 5, m = 4; asymptotic two-sided p = 0.1114 with continuity.
    const males = [19, 22, 16, 29, 24];
    const females = [20, 11, 17, 12];
    expect(liesAbove(males, females).p * 2).toBeCloseTo(0.1114, 3);
  });

  it('sees a shift and no shift', () => {
    const usual = Array.from({ length: 60 }, (_, i) => 100 + ((i * 37) % 41));
    const slower = Array.from({ length: 10 }, (_, i) => 180 + ((i * 13) % 17));
    expect(liesAbove(slower, usual).p).toBeLessThan(1e-5);
    expect(liesAbove(usual.slice(0, 10), usual).p).toBeGreaterThan(0.05);
    expect(liesAbove(usual.slice(0, 10), slower).p).toBeGreaterThan(0.99);
  });

  it('is not moved by one absurd measurement', () => {
    const usual = Array.from({ length: 60 }, (_, i) => 100 + ((i * 37) % 41));
    expect(liesAbove([...usual.slice(0, 9), 1e9], usual).p).toBeGreaterThan(0.01);
  });

  it('says nothing of equal values, and of zeros', () => {
    const zeros = [0, 0, 0, 0, 0, 0, 0, 0];
    expect(liesAbove(zeros, zeros)).toEqual({ p: expect.closeTo(0.5, 1), ratio: 1 });
    expect(liesAbove([1, 1, 1], zeros).ratio).toBe(Infinity);
  });
});

describe('median', () => {
  it.each([
    [[3], 3],
    [[1, 9], 5],
    [[9, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));
});
