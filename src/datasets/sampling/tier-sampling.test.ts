import { drawByTier, type SampledSet, type Sampling } from './tier-sampling.js';

const sets: readonly SampledSet[] = [
  { id: 'a', tier: 'gold', documents: 900 },
  { id: 'b', tier: 'gold', documents: 100 },
  { id: 'c', tier: 'silver', documents: 7 },
  { id: 'd', tier: 'experimental', documents: 5000 },
];
const DRAWS = 20_000;

function draws(sampling: Sampling, of: readonly SampledSet[] = sets, seed = 'seed', most = DRAWS) {
  const drawn = [];
  for (const draw of drawByTier(seed, sampling, of)) {
    drawn.push(draw);
    if (drawn.length === most) break;
  }
  return drawn;
}

function shareOf(drawn: ReturnType<typeof draws>, ...ids: readonly string[]): number {
  return drawn.filter(({ set }) => ids.includes(set)).length / drawn.length;
}

it('draws gold from gold sets alone, by their documents', () => {
  const drawn = draws('gold');
  expect(shareOf(drawn, 'a', 'b')).toBe(1);
  expect(shareOf(drawn, 'a')).toBeCloseTo(0.9, 1);
});

it('draws balanced as 60, 30 and 10 %, and in proportion where a tier is missing', () => {
  const drawn = draws('balanced');
  expect(shareOf(drawn, 'a', 'b')).toBeCloseTo(0.6, 1);
  expect(shareOf(drawn, 'c')).toBeCloseTo(0.3, 1);
  expect(shareOf(drawn, 'd')).toBeCloseTo(0.1, 1);
  const withoutSilver = draws(
    'balanced',
    sets.filter(({ id }) => id !== 'c'),
  );
  expect(shareOf(withoutSilver, 'a', 'b')).toBeCloseTo(6 / 7, 1);
});

it('draws diverse from every set alike', () => {
  const drawn = draws('diverse');
  for (const { id } of sets) expect(shareOf(drawn, id)).toBeCloseTo(0.25, 1);
});

it('draws the same for a seed, in whatever order the sets are given, and other documents for another', () => {
  expect(draws('balanced', sets.toReversed())).toEqual(draws('balanced'));
  expect(draws('balanced', sets, 'other')).not.toEqual(draws('balanced'));
});

it('draws every document of a set before any again', () => {
  for (const documents of [1, 2, 3, 7, 64, 900]) {
    const one = [{ id: 'x', tier: 'gold', documents }] as const;
    for (let i = 0; i < 20; i++) {
      const places = draws('gold', one, `seed ${i}`, documents * 2).map(({ document }) => document);
      expect(new Set(places.slice(0, documents)).size).toBe(documents);
      expect(Math.max(...places)).toBe(documents - 1);
      expect(places.slice(documents)).toEqual(places.slice(0, documents));
    }
  }
});

it('ends at once without a set to draw from', () => {
  expect([...drawByTier('s', 'gold', [sets[2]])]).toEqual([]);
  expect([...drawByTier('s', 'balanced', [])]).toEqual([]);
});
