import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import { norm } from '../checks/similarity.js';
import { aggregate, type AggregatorName, type Updates } from './aggregator.js';
import { AGGREGATORS } from './aggregators.js';
import { clipped, squaredDistance } from './vectors.js';
import { WorkerMomentum } from './worker-momentum.js';

const ROBUST = ['median', 'trimmed_mean', 'krum', 'multi_krum', 'centred_clipping'] as const;
const vectors = (rows: readonly (readonly number[])[]): Updates => rows.map((row) => Float32Array.from(row));
const combine = (name: AggregatorName, updates: Updates, faulty = 0, previous: Float32Array | null = null) =>
  aggregate(AGGREGATORS[name], updates, { faulty, previous });
const combined = (
  name: AggregatorName,
  updates: Updates,
  faulty = 0,
  previous: Float32Array | null = null,
) => [...unwrap(combine(name, updates, faulty, previous))];

/** Honest updates around (1, -2, 3), each `spread` at most away from it in every coordinate. */
const honest = (count: number, spread: number) =>
  fc
    .array(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 3, maxLength: 3 }), {
      minLength: count,
      maxLength: count,
    })
    .map((rows) => vectors(rows.map((row) => row.map((n, i) => [1, -2, 3][i] + (spread * n) / 1_000))));

describe('aggregators', () => {
  it('of one update give that update', () => {
    for (const name of ['mean', 'median', 'trimmed_mean', 'centred_clipping'] as const)
      expect(combined(name, vectors([[1, -2]]))).toEqual([1, -2]);
  });

  it('give what the papers say for numbers that can be worked out by hand', () => {
    const five = vectors([[0], [1], [2], [3], [100]]);
    expect(
      combined(
        'mean',
        vectors([
          [1, 2],
          [3, 6],
        ]),
      ),
    ).toEqual([2, 4]);
    expect(combined('median', five, 2)).toEqual([2]);
    expect(combined('median', vectors([[1], [2], [4], [9]]), 1)).toEqual([3]);
    expect(combined('trimmed_mean', five, 1)).toEqual([2]);
    // n = 5, f = 1: each is scored by its two nearest. Scores 1+4, 1+1, 1+1, 1+4, 97^2+98^2: the first of equals is 1.
    expect(combined('krum', five, 1)).toEqual([1]);
    // The two best: 1 and 2.
    expect(combined('multi_krum', five, 1)).toEqual([1.5]);
    // From 2: distances 2 1 0 1 98, radius 1, moved by (-1 -1 +0 +1 +1) / 5.
    expect(combined('centred_clipping', five, 1, Float32Array.of(2))).toEqual([2]);
    expect(combined('centred_clipping', vectors([[0], [0], [10]]), 1, Float32Array.of(0))).toEqual([0]);
  });

  it.each(ROBUST)('%s stays among the honest whatever a minority sends', (name) => {
    const attack = fc.array(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 3 }),
      {
        minLength: 2,
        maxLength: 2,
      },
    );
    fc.assert(
      fc.property(honest(7, 0.1), attack, fc.integer({ min: 0, max: 7 }), (good, bad, at) => {
        const all = [...good.slice(0, at), ...vectors(bad), ...good.slice(at)];
        const found = unwrap(combine(name, all, 2));
        expect(Math.sqrt(squaredDistance(found, [1, -2, 3]))).toBeLessThan(1);
      }),
    );
  });

  // Of two updates that are equally near, Krum takes the first.
  it.each(['median', 'trimmed_mean', 'centred_clipping'] as const)(
    '%s does not depend on who is first, but for rounding',
    (name) => {
      fc.assert(
        fc.property(honest(7, 0.5), (good) => {
          const [one, other] = [combined(name, good, 1), combined(name, [...good].reverse(), 1)];
          one.forEach((value, i) => expect(value).toBeCloseTo(other[i], 4));
        }),
      );
    },
  );

  it('lets one cheat rule the mean', () => {
    const [value] = combined('mean', vectors([[1], [1], [1], [1e6]]));
    expect(value).toBeGreaterThan(1e5);
    expect(combine('mean', vectors([[1], [1]]), 1)).toMatchObject({ error: { code: 'AGGREGATION_BOUND' } });
  });

  it.each<[AggregatorName, number, number]>([
    ['krum', 6, 2],
    ['multi_krum', 4, 1],
    ['median', 4, 2],
    ['trimmed_mean', 2, 1],
    ['centred_clipping', 8, 4],
    ['median', 0, 0],
  ])('%s refuses %i updates of which %i may be faulty', (name, count, faulty) => {
    const updates = Array.from({ length: count }, () => Float32Array.of(1));
    expect(combine(name, updates, faulty)).toMatchObject({ error: { code: 'AGGREGATION_BOUND' } });
    const enough = AGGREGATORS[name].leastUpdates(faulty);
    expect(
      combine(
        name,
        Array.from({ length: enough }, () => Float32Array.of(1)),
        faulty,
      ).ok,
    ).toBe(true);
  });

  it('refuse what cannot be combined', () => {
    const code = (updates: Updates, previous: Float32Array | null = null) => {
      const result = combine('median', updates, 0, previous);
      return result.ok ? 'ok' : result.error.code;
    };
    expect(code(vectors([[1, 2], [1]]))).toBe('UPDATE_SHAPE');
    expect(code(vectors([[1], [2]]), Float32Array.of(1, 2))).toBe('UPDATE_SHAPE');
    expect(code(vectors([[1], [NaN]]))).toBe('UPDATE_NOT_FINITE');
    expect(code(vectors([[Infinity], [1]]))).toBe('UPDATE_NOT_FINITE');
  });
});

describe('worker momentum', () => {
  it('sends a mean in which the latest update counts most', () => {
    const momentum = new WorkerMomentum(0.75);
    expect([...momentum.add(Float32Array.of(4, 0))]).toEqual([4, 0]);
    expect([...momentum.add(Float32Array.of(0, 8))]).toEqual([3, 2]);
    expect([...momentum.add(Float32Array.of(0, 0))]).toEqual([2.25, 1.5]);
  });
});

describe('clipping', () => {
  it('shortens what is too long and leaves the rest as it is', () => {
    expect([...clipped(Float32Array.of(3, 4), 10)]).toEqual([3, 4]);
    expect([...clipped(Float32Array.of(3, 4), 2.5)]).toEqual([1.5, 2]);
    expect(norm(clipped(Float32Array.of(3e10, 4e10), 1))).toBeCloseTo(1, 6);
    expect([...clipped(Float32Array.of(0, 0), 1)]).toEqual([0, 0]);
  });
});
