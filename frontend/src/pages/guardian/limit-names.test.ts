import { changedLimits, changeInWords, limitNames } from './limit-names.js';

const limits = Object.fromEntries(limitNames.map(({ name }, i) => [name, i / 10]));

describe('changes of limits', () => {
  it('are those that differ', () => {
    expect(changedLimits(limits, { ...limits, bias: 0.9 })).toEqual({ bias: 0.9 });
    expect(changedLimits(limits, limits)).toEqual({});
  });

  it('are told in words', () => {
    expect(changeInWords({ from: limits, to: { ...limits, bias: 0.9, transaction_day: 5000 } })).toBe(
      'In 24 hours, at most: 0 → 5,000; Bias, at most: 0.20 → 0.90',
    );
  });
});
