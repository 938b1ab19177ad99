import fc from 'fast-check';
import { FILTER_FEATURES, filterFeatures } from './filter-features.js';
import { fitLogistic, probabilityOf, type LabelledFeatures } from './logistic-regression.js';
import { trainFilter } from './train-filter.js';

/** Candidates whose acceptance follows their first feature, but for a few. */
const candidates = (count: number, differ: number): LabelledFeatures[] =>
  Array.from({ length: count }, (_, i) => {
    const positive = i % 2 === 0;
    const confused = i % 11 === 0;
    return {
      positive,
      weight: 1,
      features: [(positive !== confused ? -differ : differ) + (i % 7) / 10, i % 3],
    };
  });

describe('logistic regression', () => {
  it('finds the odds that were there', () => {
    // of ten with the feature eight are positive, of ten without it two
    const examples = Array.from({ length: 2000 }, (_, i) => ({
      weight: 1,
      features: [i % 2],
      positive: i % 20 < 10 ? i % 10 < 5 + 3 * (i % 2 === 1 ? 1 : -1) : false,
    }));
    const rate = (feature: number) => {
      const those = examples.filter(({ features }) => features[0] === feature);
      return those.filter(({ positive }) => positive).length / those.length;
    };
    const model = fitLogistic(examples);
    for (const feature of [0, 1]) expect(probabilityOf(model, [feature])).toBeCloseTo(rate(feature), 2);
  });

  it('gives a feature that never varies no weight, and is finite where kinds are apart', () => {
    const model = fitLogistic(
      Array.from({ length: 30 }, (_, i) => ({ weight: 1, features: [i, 5], positive: i >= 15 })),
    );
    expect(model.weights[1]).toBe(0);
    expect(probabilityOf(model, [29, 5])).toBeGreaterThan(0.9);
    expect(probabilityOf(model, [0, 5])).toBeLessThan(0.1);
  });
});

describe('a learnt filter', () => {
  it('is not made of too few verdicts, or of one kind', () => {
    expect(trainFilter(candidates(39, 3))).toBeNull();
    expect(trainFilter(candidates(60, 3).map((one) => ({ ...one, positive: false })))).toBeNull();
  });

  it('turns nobody away that was accepted, and most of the others', () => {
    const clear = candidates(200, 3).filter((_, i) => i % 11 !== 0);
    const filter = trainFilter(clear)!;
    expect(filter.unused).toBeNull();
    expect(filter.figures).toMatchObject({ precision: 1 });
    expect(filter.figures.recall).toBeGreaterThan(0.9);
    const away = clear.filter(({ features }) => probabilityOf(filter.model, features) < filter.threshold);
    expect(away.some(({ positive }) => positive)).toBe(false);
  });

  it('is not used where it cannot tell candidates apart', () => {
    const filter = trainFilter(candidates(200, 0))!;
    expect(filter.unused).toMatch(/too few/);
    expect(filter.figures.recall).toBeLessThan(0.1);
  });

  it('counts for all it stands for', () => {
    // Of every eight that were rejected one was evaluated.
    const all = candidates(800, 1);
    const thinned = all.flatMap((one, i) =>
      one.positive ? [one] : i % 16 === 1 ? [{ ...one, weight: 8 }] : [],
    );
    const unweighted = thinned.map((one) => ({ ...one, weight: 1 }));
    const odds = (examples: readonly LabelledFeatures[]) =>
      probabilityOf(trainFilter(examples)!.model, [0.3, 1]);
    expect(odds(thinned)).toBeCloseTo(odds(all), 1);
    expect(odds(unweighted)).toBeGreaterThan(odds(all) + 0.2);
  });

  it('follows from the verdicts alone', () => {
    expect(trainFilter(candidates(100, 2))).toEqual(trainFilter(candidates(100, 2)));
  });
});

describe('features of a candidate', () => {
  const figures = {
    tensors: {
      'layer0.expert0': [
        { name: 'gate', change: 0.01, norm_ratio: 2, spectral_ratio: null, peak: 100 },
        { name: 'up', change: null, norm_ratio: null, spectral_ratio: 0.5, peak: 10 },
      ],
    },
    probe: { base: 2, candidate: 1.9 },
  };

  it('are read from what the pre-filter found', () => {
    const features = filterFeatures(figures)!;
    expect(features).toHaveLength(FILTER_FEATURES.length);
    expect(features.map((feature) => Number(feature.toFixed(6)))).toEqual([
      -0.05,
      -2,
      -2,
      Number(Math.LN2.toFixed(6)),
      Number(Math.LN2.toFixed(6)),
      2,
    ]);
  });

  it('are none where there was no probe', () => {
    expect(filterFeatures(null)).toBeNull();
    expect(filterFeatures({ ...figures, probe: null })).toBeNull();
    expect(filterFeatures({ ...figures, tensors: {} })).toBeNull();
  });

  it('are finite, whatever the figures', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true }), fc.double(), fc.double(), (change, ratio, peak) => {
        const one = { name: 'x', change, norm_ratio: ratio, spectral_ratio: ratio, peak };
        const found = filterFeatures({ tensors: { a: [one] }, probe: { base: 1, candidate: 1 } });
        expect(found?.every(Number.isFinite) ?? change === Infinity).toBe(true);
      }),
    );
  });
});
