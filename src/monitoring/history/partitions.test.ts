import { outlived, partitionOf } from './partitions.js';

const end = Date.UTC(2026, 1, 1);
const day = 86_400_000;
/** So many months from January 2026 on. */
const months = (count: number) =>
  Array.from({ length: count }, (_, i) => `monitoring_observations_2026_${String(i + 1).padStart(2, '0')}`);

describe('partitions of observations', () => {
  it('are named and bounded by month, in UTC', () => {
    expect(partitionOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toEqual({
      name: 'monitoring_observations_2026_12',
      from: '2026-12-01T00:00:00.000Z',
      to: '2027-01-01T00:00:00.000Z',
    });
  });

  it('are dropped only when their last moment is older than the retention', () => {
    const names = ['something_else', ...months(8)];
    expect(outlived(names, end + 184 * day - 1, 184)).toEqual([]);
    expect(outlived(names, end + 184 * day, 184)).toEqual(['monitoring_observations_2026_01']);
  });

  it('are kept for as many months as the retention has, however late it is said to be', () => {
    const ahead = end + 20 * 365 * day;
    // With the one that the clock itself has made.
    const names = ['monitoring_observations_2046_01', ...months(12).toReversed()];
    expect(outlived(names, ahead, 184)).toEqual(months(6));
    expect(outlived(months(7), ahead, 184)).toEqual([]);
    expect(outlived(months(12), ahead, 400)).toEqual([]);
  });
});
