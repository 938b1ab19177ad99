import { smallConfig } from '../../../test/support/engine.js';
import { keepEveryOf, keepEveryOfPlan } from './keep-every.js';

const ROOM = 2 ** 30;

describe('the distance of kept states', () => {
  it('is a multiple of the looks, and greater for more and larger states', () => {
    expect(keepEveryOf(1 << 20, 1000, 20, ROOM)).toBe(20);
    expect(keepEveryOf(2 ** 28, 1000, 20, ROOM)).toBe(500);
    expect(keepEveryOf(2 ** 33, 1000, 20, ROOM)).toBe(1000);
    expect(keepEveryOf(100e6, 10_000, 20, ROOM) % 20).toBe(0);
  });
  it('follows from model and plan alone', () => {
    // 3 · 192 · 384 values, 2.65 MB a state: half of the room takes 202 of them.
    const config = smallConfig({ hiddenSize: 192, expertHiddenSize: 384 });
    const at = (steps: number) =>
      keepEveryOfPlan(config, {
        blocks: ['layer0.expert0'],
        schedule: { peak: 0.001, floor: 0.1, warmUp: 1, steps },
      });
    expect([500, 2000, 4040, 4041, 10_000].map(at)).toEqual([20, 20, 20, 40, 60]);
  });
});
