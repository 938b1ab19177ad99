import { backoffMs } from './backoff.js';

const LONGEST_MS = 900_000;

describe('the wait before another attempt', () => {
  it('doubles, and is spread over its upper half', () => {
    const least = [1, 2, 3].map((failed) => backoffMs(1000, failed, LONGEST_MS, () => 0));
    const most = [1, 2, 3].map((failed) => backoffMs(1000, failed, LONGEST_MS, (below) => below - 1));
    expect(least).toEqual([500, 1000, 2000]);
    expect(most).toEqual([1000, 2000, 4000]);
  });

  it('is never longer than its limit', () => {
    expect(backoffMs(600_000, 10, LONGEST_MS, (below) => below - 1)).toBe(LONGEST_MS);
  });
});
