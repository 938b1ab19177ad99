import { unwrap } from '../../common/index.js';
import { aggregate, type AggregatorName } from '../consensus/aggregator.js';
import { AGGREGATORS } from '../consensus/aggregators.js';
import { partsOf } from './update-parts.js';

const vectors = (...rows: number[][]) => rows.map((row) => Float32Array.from(row));

function parts(aggregator: AggregatorName, faulty: number, ...rows: number[][]) {
  const updates = vectors(...rows);
  const context = { faulty, previous: null };
  const whole = unwrap(aggregate(AGGREGATORS[aggregator], updates, context));
  return partsOf(updates, whole, AGGREGATORS[aggregator].used(updates, context));
}

const weights = (...given: Parameters<typeof parts>) => parts(...given).map(({ weight }) => weight);

describe('what an update counts for', () => {
  it('is its projection on the aggregate: a tiny one that points the right way has given little', () => {
    // The mean is (2, 2, 0): 4/8, 4/8, and 0.04/8 of the tiny one, whose cosine is 1.
    expect(
      partsOf(vectors([2, 0, 0], [0, 2, 0], [0.01, 0.01, 0]), Float32Array.of(2, 2, 0), [true, true, true]),
    ).toMatchObject([
      { projection: 0.5, alike: 1, weight: 500_000 },
      { projection: 0.5, alike: 1, weight: 500_000 },
      { alike: 1, weight: 4_999 },
    ]);
  });

  it('is a whole part at most, and nothing for who turns round', () => {
    expect(weights('mean', 0, [8, 0], [0, 1], [-1, 1])).toEqual([1_000_000, 113_207, 0]);
  });

  it('is nothing where there is no aggregate', () => {
    expect(weights('mean', 0, [1, 0], [-1, 0])).toEqual([0, 0]);
  });

  it.each<[AggregatorName, number[]]>([
    // Of five and one faulty krum takes one, multi_krum two; the far one points the right way and is in neither.
    ['krum', [0, 1, 0, 0, 0]],
    ['multi_krum', [0, 1, 1, 0, 0]],
  ])('is nothing for what %s has left out', (aggregator, kept) => {
    const found = parts(aggregator, 1, [1, 0], [1, 1], [1, 1.5], [1, 3], [40, 40]);
    expect(found.map(({ left_out: out }) => (out ? 0 : 1))).toEqual(kept);
    expect(found.map(({ weight }) => Math.min(1, weight))).toEqual(kept);
    expect(found[4].projection).toBeGreaterThan(1);
  });

  it.each<AggregatorName>(['median', 'trimmed_mean'])(
    'is nothing for what %s has taken no value of but 0',
    (aggregator) => {
      const found = parts(
        aggregator,
        1,
        [1, 3, 2, 0],
        [2, 1, 3, 0],
        [3, 2, 1, 0],
        [90, 90, 90, 0],
        [-9, -9, -9, 0],
      );
      expect(found.map(({ left_out: out }) => out)).toEqual([false, false, false, true, true]);
      expect(found[3]).toMatchObject({ weight: 0, alike: 0 });
      expect(found[3].projection).toBeGreaterThan(1);
    },
  );

  it('is one part together for near-copies, whatever order they come in', () => {
    const [one, other] = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    expect(weights('mean', 0, one, other)).toEqual([1_000_000, 1_000_000]);
    const whole = Float32Array.of(1, 1, 0);
    const all = [true, true, true, true];
    // 0.044 beside it: cosine 0.99903; 0.046: 0.99894.
    expect(partsOf(vectors(one, [1, 0, 0.044], other, one), whole, all)).toMatchObject([
      { alike: 3, weight: 166_666 },
      { alike: 3, weight: 166_666 },
      { alike: 1, weight: 500_000 },
      { alike: 3, weight: 166_666 },
    ]);
    expect(partsOf(vectors(one, [1, 0, 0.046], other, one), whole, all).map(({ alike }) => alike)).toEqual([
      ...[2, 1, 1, 2],
    ]);
    // A near-copy of a near-copy is one.
    const chain = vectors([1, 0, 0.08], one, other, [1, 0, 0.04]);
    expect(partsOf(chain, whole, all).map(({ alike }) => alike)).toEqual([3, 3, 1, 3]);
  });

  it('is hardly less for who has a tiny copy', () => {
    const found = partsOf(vectors([1, 0], [0.01, 0]), Float32Array.of(1, 0), [true, true]);
    expect(found.map(({ weight }) => weight)).toEqual([990_099, 9_900]);
  });
});
