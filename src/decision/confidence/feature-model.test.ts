import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import { DECISION_TYPES } from '../types.js';
import { logistic, rawConfidence, type FeatureModel } from './feature-model.js';
import { FEATURE_MODELS } from './models.js';

const model: FeatureModel = {
  version: 'test/1',
  bias: -1,
  features: [
    { name: 'good', weight: 3, meaning: '' },
    { name: 'bad', weight: -2, meaning: '' },
    { name: 'neutral', weight: 1, meaning: '', unknown: 0.5 },
  ],
};

describe('raw confidence', () => {
  it('adds up what it shows', () => {
    const { value, contributions } = unwrap(rawConfidence(model, { good: 1, bad: 0.5, neutral: 0 }));
    expect(contributions.map(({ logOdds, known }) => [logOdds, known])).toEqual([
      [3, true],
      [-1, true],
      [0, true],
    ]);
    expect(value).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });

  it('assumes the worst of what was not measured, and says so', () => {
    const { contributions } = unwrap(rawConfidence(model, {}));
    expect(contributions.map(({ value, known }) => [value, known])).toEqual([
      [0, false],
      [1, false],
      [0.5, false],
    ]);
  });

  it.each([
    [{ better: 1 }, 'FEATURE_UNKNOWN'],
    [{ toString: 1 }, 'FEATURE_UNKNOWN'],
    [{ good: 1.01 }, 'FEATURE_RANGE'],
    [{ good: Number.NaN }, 'FEATURE_RANGE'],
    [{ good: -0.1 }, 'FEATURE_RANGE'],
  ])('refuses %j', (features, code) => {
    expect(rawConfidence(model, features as Record<string, number>)).toMatchObject({ error: { code } });
  });

  it.each(DECISION_TYPES)('moves with every feature of %s the way its weight says', (type) => {
    const { features } = FEATURE_MODELS[type];
    const at = (name: string, value: number) =>
      unwrap(rawConfidence(FEATURE_MODELS[type], { [name]: value })).value;
    for (const { name, weight, meaning } of features) {
      expect(Math.sign(at(name, 1) - at(name, 0))).toBe(Math.sign(weight));
      expect(meaning).not.toBe('');
    }
    expect(new Set(features.map(({ name }) => name)).size).toBe(features.length);
  });

  it('is a share for any log-odds, symmetric and rising', () => {
    fc.assert(
      fc.property(fc.double({ min: -900, max: 900, noNaN: true }), (x) => {
        expect(logistic(x)).toBeGreaterThanOrEqual(0);
        expect(logistic(x)).toBeLessThanOrEqual(1);
        expect(logistic(x) + logistic(-x)).toBeCloseTo(1, 12);
        expect(logistic(x + 1)).toBeGreaterThanOrEqual(logistic(x));
      }),
    );
  });
});
