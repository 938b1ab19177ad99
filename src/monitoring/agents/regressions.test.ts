import { regressions, slowdowns } from './regressions.js';

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

describe('slowdowns', () => {
  const rates = (count: number, from: number, queue_depth: number) =>
    Array.from({ length: count }, (_, i) => ({ tokens_per_second: from + ((i * 7) % 11), queue_depth }));
  const found = (now: Record<string, number>[], before: Record<string, number>[]) =>
    slowdowns(['tokens_per_second', 'missing'], now, before, ({ queue_depth }) => queue_depth > 0);

  it('names a rate that fell below what it is at this hour on other days, while work waits', () => {
    const [fallen, ...others] = found(rates(12, 20, 3), rates(120, 100, 2));
    expect(fallen).toMatchObject({ measure: 'tokens_per_second', samples: 12, reference: 120 });
    expect(fallen.ratio).toBeCloseTo(25 / 105, 2);
    expect(others).toEqual([]);
    const still = Array.from({ length: 12 }, () => ({ tokens_per_second: 0, queue_depth: 1 }));
    expect(found(still, rates(120, 100, 2))).toMatchObject([{ ratio: 0 }]);
  });

  it('keeps quiet about a server with nothing to do, now or then', () => {
    expect(found(rates(12, 0, 0), rates(120, 100, 2))).toEqual([]);
    expect(found(rates(12, 20, 3), rates(120, 100, 0))).toEqual([]);
    const mostlyIdle = [...rates(55, 0, 0), ...rates(5, 20, 3)];
    expect(found(mostlyIdle, rates(120, 100, 2))).toEqual([]);
    // Hours without work do not hide a fall in those with some.
    expect(found([...rates(48, 0, 0), ...rates(12, 20, 3)], rates(120, 100, 2))).toHaveLength(1);
  });

  it('keeps quiet about the usual, the faster, the slightly slower, and too few', () => {
    expect(found(rates(12, 100, 3), rates(120, 100, 2))).toEqual([]);
    expect(found(rates(12, 300, 3), rates(120, 100, 2))).toEqual([]);
    expect(found(rates(12, 80, 3), rates(120, 100, 2))).toEqual([]);
    expect(found(rates(12, 20, 3), rates(19, 100, 2))).toEqual([]);
  });
});
