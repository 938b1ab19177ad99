import { regressionIn } from './release-watch.js';

describe('whether a live release does worse than the one before', () => {
  it.each([
    ['nothing is known yet', { recency: 1 }, null],
    ['all is well', { error_rate: 0, latency: 0.2, target_health: 1 }, null],
    ['a fifth fails, which did not before', { error_rate: 1, target_health: 0.98 }, true],
    ['a fifth fails, as before', { error_rate: 1, target_health: 0.7 }, false],
    ['a fifth fails, and nothing is known of before', { error_rate: 1 }, false],
    ['a tenth fails', { error_rate: 0.5, target_health: 1 }, false],
    ['a little fails', { error_rate: 0.49, target_health: 1 }, null],
    ['it is three times as slow', { error_rate: 0, latency: 1, target_health: 1 }, false],
  ])('%s', (_, features, emergency) =>
    expect(regressionIn(features as Record<string, number>)?.emergency ?? null).toBe(emergency),
  );
});
