import type { ScoredText } from '../../inference/index.js';
import { bootstrap, generator } from './bootstrap.js';
import { fairnessFigures, FEWEST_ITEMS, LEAST_LOGPROB, type MeasuredItem } from './fairness.js';
import { mean, sharedLogprobs } from './shared-part.js';
import { toxicityFigures, wilson } from './toxicity.js';
import { transparencyFigures, type WeightFacts } from './transparency.js';

const text = (ids: number[], logprobs: number[]): ScoredText => ({ ids, logprobs });

describe('the shared part of sentences', () => {
  it('is their common ending in tokens, judged behind the person', () => {
    const one = text([1, 7, 8, 9, 10], [-9, -1, -2, -3]);
    const other = text([2, 3, 7, 8, 9, 10], [-5, -5, -1, -1, -1]);
    // Four tokens are shared, but the first of these begins what is judged in both.
    expect(sharedLogprobs([one, other])).toEqual([mean([-9, -1, -2, -3]), mean([-5, -1, -1, -1])]);
  });

  it('never judges a first token, nor sentences that share too little', () => {
    const same = text([5, 6, 7, 8], [-1, -2, -3]);
    expect(sharedLogprobs([same, same])).toEqual([-2, -2]);
    expect(sharedLogprobs([text([1, 5, 6], [-1, -1]), text([2, 5, 6], [-1, -1])])).toBeNull();
    expect(sharedLogprobs([text([1, 2, 3, 4], [-1, -1, -1]), text([1, 2, 3, 5], [-1, -1, -1])])).toBeNull();
  });
});

const items = (axis: string, values: readonly (readonly number[] | null)[]): MeasuredItem[] =>
  values.map((logprobs) => ({ axis, groups: ['a', 'b'], sentences: ['', ''], logprobs }));
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('bias and fairness', () => {
  it('are the mean absolute gap and the share of pairs without a notable one', () => {
    const figures = fairnessFigures(items('x', [...times(10, [-1, -1.1]), ...times(10, [-2, -1.5])]));
    expect(figures.bias?.value).toBeCloseTo(0.3, 12);
    expect(figures.fairness?.value).toBe(0.5);
    expect(figures.unmeasured).toEqual([]);
    expect(figures.axes[0].groups.map(({ group, value }) => [group, value.toFixed(3)])).toEqual([
      ['a', '-0.100'],
      ['b', '0.100'],
    ]);
  });

  it('have an interval that holds the value and shrinks with more items', () => {
    const spread = (count: number) =>
      fairnessFigures(
        items(
          'x',
          Array.from({ length: count }, (_, i) => [-1, -1 - (i % 10) / 10]),
        ),
      ).bias!;
    for (const { low, value, high } of [spread(20), spread(200)])
      expect(low < value && value < high).toBe(true);
    expect(spread(200).high - spread(200).low).toBeLessThan(spread(20).high - spread(20).low);
  });

  it('are the same every time', () => {
    const given = items(
      'x',
      Array.from({ length: 30 }, (_, i) => [-1, -1 - (i % 7) / 9]),
    );
    expect(fairnessFigures(given)).toEqual(fairnessFigures(given));
  });

  it('are not known where a model cannot express enough of an axis', () => {
    const good = items('x', times(20, [-1, -1]));
    const beyond = items('y', [
      ...times(20, [-1, LEAST_LOGPROB - 0.01]),
      ...times(FEWEST_ITEMS - 1, [-1, -1]),
      null,
    ]);
    const figures = fairnessFigures([...good, ...beyond]);
    expect(figures).toMatchObject({ bias: null, fairness: null, unmeasured: ['y'] });
    expect(figures.axes[0]).toMatchObject({ expressible: 20, bias: { value: 0 }, fairness: { value: 1 } });
    expect(figures.axes[1]).toMatchObject({ items: 30, expressible: 9, bias: null, groups: [] });
  });

  it('let every axis count the same', () => {
    const figures = fairnessFigures([...items('x', times(10, [-1, -1])), ...items('y', times(90, [-1, -2]))]);
    expect(figures.bias?.value).toBe(0.5);
    expect(figures.fairness?.value).toBe(0.5);
  });
});

describe('the bootstrap', () => {
  it('covers the mean about as often as it says', () => {
    const random = generator(7);
    let covered = 0;
    for (let trial = 0; trial < 200; trial++) {
      const { low, high } = bootstrap(Array.from({ length: 40 }, random), mean, 1);
      if (low <= 0.5 && 0.5 <= high) covered++;
    }
    expect(covered).toBeGreaterThan(175);
    expect(covered).toBeLessThan(200);
  });

  it('draws numbers between 0 and 1 that look even', () => {
    for (const seed of [0, 1, 2, 4_294_967_295]) {
      const random = generator(seed);
      const drawn = Array.from({ length: 10_000 }, random);
      expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
      expect(Math.abs(mean(drawn) - 0.5)).toBeLessThan(0.02);
    }
  });
});

describe('toxicity', () => {
  it('is the share of answers with a term of the list, disguised or not', async () => {
    const figures = await toxicityFigures([
      'What a nice day.',
      'You are an idi0t and a b1tch.',
      'The class assessed it.',
    ]);
    expect(figures).toMatchObject({ answers: 3, toxic: 1 });
    expect(await toxicityFigures([])).toEqual({ answers: 0, toxic: 0, share: null, low: null, high: null });
  });

  it('has the interval of Wilson', () => {
    const { low, high } = wilson(10, 100);
    expect([low?.toFixed(4), high?.toFixed(4)]).toEqual(['0.0552', '0.1744']);
    expect(wilson(0, 30).low).toBe(0);
  });
});

describe('transparency', () => {
  const weight = (parameters: number, metadata = {}, depends_on: string[] = []): WeightFacts => ({
    parameters,
    header: { metadata, depends_on, miner_pub: '02ab' },
  });
  const nothing = weight(0).header;
  const isDataset = (hash: string) => hash.startsWith('d');

  it('counts weights by their parameters, and all three things together', () => {
    const weights = [
      weight(50),
      weight(20, { license: 'Apache-2.0' }, ['d1']),
      weight(10, { license: 'MIT', data: 'web crawl 2024-10' }),
      weight(20, { license: ' ', provenance: { version: 2, license: 'MIT', data: [{ name: 'x' }] } }, ['b1']),
    ];
    expect(transparencyFigures(weights, nothing, isDataset)).toEqual({
      ...{ parameters: 100, author: 1, licence: 0.3, data: 0.3, all: 0.3 },
    });
  });

  it('lets the release speak for all its weights', () => {
    const common = weight(0, { license: 'Apache-2.0' }, ['d1']).header;
    expect(transparencyFigures([weight(1), weight(2)], common, isDataset)).toMatchObject({ all: 1 });
    const stated = (provenance: object) => weight(0, { provenance: { version: 1, ...provenance } }).header;
    const [license, data] = ['MIT', [{ name: 'web crawl' }]];
    const of = (header: WeightFacts['header']) => transparencyFigures([weight(1)], header, isDataset);
    expect(of(stated({ license, data }))).toMatchObject({ licence: 1, data: 1, all: 1 });
    expect(of(stated({ license }))).toMatchObject({ licence: 1, data: 0, all: 0 });
    expect(of(stated({ data }))).toMatchObject({ licence: 0, data: 1, all: 0 });
    expect(of(stated({ license: 'as you like', data }))).toMatchObject({ licence: 0, data: 0, all: 0 });
    expect(transparencyFigures([], common, isDataset)).toMatchObject({ parameters: 0, all: 0 });
  });
});
