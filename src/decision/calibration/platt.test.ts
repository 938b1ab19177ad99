import fc from 'fast-check';
import type { Outcome } from './isotonic.js';
import { onPlattLine, plattLine } from './platt.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyOutcomes = fc.array(fc.record({ raw: share, success: fc.boolean() }), { maxLength: 200 });
const logOdds = (p: number) => {
  const inside = Math.min(1 - 1e-6, Math.max(1e-6, p));
  return Math.log(inside / (1 - inside));
};

/** Slope of the penalised log-likelihood where the line is: 0 at its maximum. */
function gradient(outcomes: readonly Outcome[], { intercept, slope }: { intercept: number; slope: number }) {
  let [byIntercept, bySlope] = [-intercept, (1 - slope) / 0.25];
  for (const { raw, success } of outcomes) {
    const missed = Number(success) - onPlattLine({ intercept, slope }, raw);
    byIntercept += missed;
    bySlope += missed * logOdds(raw);
  }
  return [byIntercept, bySlope];
}

describe('the line through log-odds', () => {
  it('keeps the raw confidence while nothing is known', () => {
    expect(plattLine([])).toEqual({ intercept: 0, slope: 1 });
    expect(onPlattLine({ intercept: 0, slope: 1 }, 0.3)).toBeCloseTo(0.3, 12);
  });

  it('finds the most likely line of any outcomes', () => {
    fc.assert(
      fc.property(anyOutcomes, (outcomes) => {
        const line = plattLine(outcomes);
        const [byIntercept, bySlope] = gradient(outcomes, line);
        if (line.slope === 0) return;
        expect(Math.abs(byIntercept)).toBeLessThan(1e-6);
        expect(Math.abs(bySlope)).toBeLessThan(1e-6);
      }),
    );
  });

  it('never makes more of a lower raw confidence', () => {
    fc.assert(
      fc.property(anyOutcomes, share, share, (outcomes, one, other) => {
        const line = plattLine(outcomes);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(onPlattLine(line, low)).toBeLessThanOrEqual(onPlattLine(line, high) + 1e-12);
      }),
    );
  });

  it('moves everywhere with a few outcomes in one place', () => {
    const few = Array.from({ length: 10 }, () => ({ raw: 0.9, success: false }));
    const line = plattLine(few);
    expect(onPlattLine(line, 0.9)).toBeLessThan(0.45);
    expect(onPlattLine(line, 0.5)).toBeLessThan(0.35);
  });
});
