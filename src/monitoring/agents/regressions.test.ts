import { regressions } from './regressions.js';

const samples = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => ({ first_token_p95: from + ((i * 7) % 11), cpu: 0.5 }));

describe('regressions', () => {
  const measures = ['first_token_p95', 'cpu', 'missing'];

  it('names what became slower than at this hour on other days', () => {
    const [found, ...others] = regressions(measures, samples(12, 300), samples(120, 100));
    expect(found).toMatchObject({ measure: 'first_token_p95', samples: 12, reference: 120 });
    expect(found.ratio).toBeCloseTo(305 / 105, 1);
    expect(others).toEqual([]);
  });

  it('keeps quiet about the usual, the faster, the slightly slower, and too few', () => {
    expect(regressions(measures, samples(12, 100), samples(120, 100))).toEqual([]);
    expect(regressions(measures, samples(12, 20), samples(120, 100))).toEqual([]);
    expect(regressions(measures, samples(12, 120), samples(120, 100))).toEqual([]);
    expect(regressions(measures, samples(5, 900), samples(120, 100))).toEqual([]);
    expect(regressions(measures, samples(12, 900), samples(19, 100))).toEqual([]);
  });
});
