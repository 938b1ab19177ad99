import { outlived, partitionOf } from './partitions.js';

describe('partitions of observations', () => {
  it('are named and bounded by month, in UTC', () => {
    expect(partitionOf(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toEqual({
      name: 'monitoring_observations_2026_12',
      from: '2026-12-01T00:00:00.000Z',
      to: '2027-01-01T00:00:00.000Z',
    });
  });

  it('are dropped only when their last moment is older than the retention', () => {
    const names = ['monitoring_observations_2026_01', 'monitoring_observations_2026_02', 'something_else'];
    const end = Date.UTC(2026, 1, 1);
    const day = 86_400_000;
    expect(outlived(names, end + 184 * day - 1, 184)).toEqual([]);
    expect(outlived(names, end + 184 * day, 184)).toEqual(['monitoring_observations_2026_01']);
  });
});
