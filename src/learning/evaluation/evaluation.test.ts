import {
  ACCEPTANCE_RULES,
  doubtfulDomains,
  evaluationFigures,
  reasonsAgainst,
  type DomainLosses,
} from './acceptance.js';
import { drawExamples, drawsOf } from './example-source.js';
import { pairedBootstrap, type PairedLoss } from './paired-bootstrap.js';
import { isHeldOut, Random } from '../../datasets/generators/index.js';

const TWENTY = drawsOf(() => 20);
const RULES = { ...ACCEPTANCE_RULES, resamples: 200 };

/** Losses of so many examples; the candidate's are `factor` times the base's, give or take `spread`. */
function losses(seed: string, count: number, factor: number, spread: number, scale = 1): PairedLoss[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const tokens = random.int(4, 20);
    const base = (tokens * scale * random.int(500, 1_500)) / 1_000;
    return { base, candidate: base * (factor + (spread * random.int(-1_000, 1_000)) / 1_000), tokens };
  });
}

const judge = async (all: DomainLosses, claimed: readonly string[] = []) =>
  reasonsAgainst(await evaluationFigures(all, 'beacon', RULES.resamples), claimed, RULES).map(
    ({ code }) => code,
  );

describe('the paired bootstrap', () => {
  it('gives the fall with an interval around it, the same one for the same seed', async () => {
    const group = losses('a', 200, 0.9, 0.2);
    const found = await pairedBootstrap([group], 'seed', 500);
    expect(found).toEqual(await pairedBootstrap([group], 'seed', 500));
    expect(found).not.toEqual(await pairedBootstrap([group], 'other', 500));
    expect(found.fall).toBeCloseTo(0.1, 1);
    expect(found.low).toBeLessThan(found.fall);
    expect(found.high).toBeGreaterThan(found.fall);
    // The spread of a factor is 0.2 / sqrt(3), of the mean of 200 about 0.008.
    expect(found.high - found.low).toBeGreaterThan(0.02);
    expect(found.high - found.low).toBeLessThan(0.06);
  });

  it('holds the true fall in about 95 of 100 trials', async () => {
    let held = 0;
    for (let trial = 0; trial < 100; trial++) {
      const { low, high } = await pairedBootstrap([losses(`trial ${trial}`, 60, 0.95, 0.3)], 'seed', 200);
      if (low <= 0.05 && high >= 0.05) held++;
    }
    expect(held).toBeGreaterThanOrEqual(88);
    expect(held).toBeLessThanOrEqual(99);
  });

  it('counts domains the same, however long their examples are', async () => {
    const long = { base: 1_000, candidate: 1_000, tokens: 1_000 };
    const short = { base: 1, candidate: 0.5, tokens: 1 };
    expect((await pairedBootstrap([[long], [short]], 'seed', 10)).fall).toBeCloseTo(0.25);
  });
});

describe('a candidate', () => {
  const better = losses('better', 64, 0.9, 0.05);
  const same = losses('same', 64, 1, 0);
  const lucky = [0.5, 1.02, 1.02].map((candidate) => ({ base: 1, candidate, tokens: 1 }));

  it('is accepted when it is better overall and in what it claims', async () =>
    expect(await judge({ arithmetic: better, story: same }, ['arithmetic'])).toEqual([]));

  it.each<[string, DomainLosses, string[], string[]]>([
    ['is the same', { a: same }, [], ['GAIN_TOO_SMALL']],
    ['gains less than asked for', { a: losses('x', 64, 0.985, 0.001) }, [], ['GAIN_TOO_SMALL']],
    ['gains by chance alone', { a: lucky }, [], ['GAIN_UNCERTAIN']],
    ['claims a domain that is no better', { a: better, b: same }, ['b'], ['GAIN_TOO_SMALL']],
    ['claims a domain that is not asked', { a: better }, ['c'], ['DOMAIN_UNKNOWN']],
    ['makes one domain worse', { a: better, b: losses('w', 64, 1.02, 0.02) }, [], ['DOMAIN_WORSE']],
    [
      'has losses that are no numbers',
      { a: [{ base: 1, candidate: NaN, tokens: 1 }] },
      [],
      ['GAIN_TOO_SMALL', 'DOMAIN_WORSE'],
    ],
  ])('that %s is refused', async (_, all, claimed, codes) =>
    expect(await judge(all, claimed)).toEqual(codes),
  );

  it('is in doubt, and not refused, for a rise that may be chance', async () => {
    const unlucky = [0.15, 0.098, 0.098].map((candidate) => ({ base: 0.11, candidate, tokens: 1 }));
    const all = { a: better, b: losses('c', 64, 0.9, 0), c: unlucky, d: losses('w', 64, 1.05, 0.001) };
    const figures = await evaluationFigures(all, 'beacon', RULES.resamples);
    expect(doubtfulDomains(figures, RULES)).toEqual(['c']);
    expect(await judge({ a: better, b: all.b, c: unlucky })).toEqual([]);
  });

  it('may lose a hundredth of nearly nothing', async () => {
    const nothing = losses('nothing', 64, 1.05, 0, 0.001);
    expect(await judge({ a: better, b: nothing })).toEqual([]);
  });
});

describe('examples', () => {
  it('are drawn from the held-out half, the same for a seed, each once', () => {
    const drawn = drawExamples('ab'.repeat(32), TWENTY);
    expect([...drawn]).toEqual([...drawExamples('ab'.repeat(32), TWENTY)]);
    expect([...drawn]).not.toEqual([...drawExamples('cd'.repeat(32), TWENTY)]);
    expect(drawn.size).toBe(8);
    for (const [domain, contents] of drawn) {
      expect([domain, contents.length > 0 && contents.length <= 20]).toEqual([domain, true]);
      expect(new Set(contents.map((content) => JSON.stringify(content))).size).toBe(contents.length);
      for (const content of contents)
        expect(content.form === 'completion' && isHeldOut(content.prompt)).toBe(true);
    }
  });
});
