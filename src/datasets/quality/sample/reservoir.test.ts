import { Reservoir } from './reservoir.js';

const draw = (seed: string, items: number, budget: number, size = (_i: number) => 10) => {
  const reservoir = new Reservoir<number>(seed, budget);
  for (let i = 0; i < items; i++) reservoir.offer(i, size(i));
  return reservoir;
};

it('keeps everything that fits, in order', () => {
  expect(draw('s', 50, 500).drawn()).toEqual(Array.from({ length: 50 }, (_, i) => i));
});

it('draws the same for the same seed, something else for another, never more than the budget', () => {
  const [one, same, other] = [draw('a', 5000, 1000), draw('a', 5000, 1000), draw('b', 5000, 1000)];
  expect(one.drawn()).toEqual(same.drawn());
  expect(one.drawn()).not.toEqual(other.drawn());
  expect(one.drawn()).toHaveLength(100);
  const uneven = draw('a', 5000, 1000, (i) => 1 + (i % 97));
  expect(uneven.bytes).toBeLessThanOrEqual(1000);
  expect(uneven.bytes).toBeGreaterThan(900);
});

it('keeps those with the least priorities: what is kept of a longer stream was kept of a shorter one', () => {
  const shorter = new Set(draw('a', 3000, 1000).drawn());
  for (const kept of draw('a', 5000, 1000).drawn()) if (kept < 3000) expect(shorter).toContain(kept);
});

it('draws from every part of the stream alike', () => {
  const quarters = [0, 0, 0, 0];
  for (const i of draw('even', 40_000, 40_000).drawn()) quarters[Math.floor(i / 10_000)]++;
  // 1,000 are expected in each; 5 standard deviations are 137.
  for (const count of quarters) expect(Math.abs(count - 1000)).toBeLessThan(137);
});

it('never keeps an item larger than the budget', () => {
  expect(draw('a', 3, 5).drawn()).toEqual([]);
});
