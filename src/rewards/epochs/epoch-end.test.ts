import { EpochEnd } from './epoch-end.js';

const HALF_HOUR = 1_800_000;

/** Takes leaves of these minutes; a negative one does not count. */
function after(...minutes: readonly number[]): EpochEnd {
  const end = new EpochEnd({ epochMs: HALF_HOUR });
  for (const [index, minute] of minutes.entries())
    end.take({ index, time: Math.abs(minute) * 60_000 }, minute >= 0);
  return end;
}

describe('the end of an epoch', () => {
  it('is before the first leaf of the next half hour', () => {
    expect(after(1, 5, 29, 30, 31).at(5, 0)).toBe(3);
    expect(after(45, 59, 61).at(3, 0)).toBe(2);
  });

  it('comes by the clock when nothing more is logged, a moment later', () => {
    expect(after(1, 5).at(2, HALF_HOUR + 9_999)).toBeNull();
    expect(after(1, 5).at(2, HALF_HOUR + 10_000)).toBe(2);
  });

  it('is that of the half hour of the first leaf that counts', () => {
    expect(after(-1, -40, -70).at(3, 1e12)).toBeNull();
    expect(after(-1, -40, 70, -80, -91).at(5, 0)).toBe(4);
    expect(after(-1, 70).isFound).toBe(false);
    expect(after(-1, 70, 90).isFound).toBe(true);
  });
});
