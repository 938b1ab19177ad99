import fc from 'fast-check';
import { Calibrator, wilsonLower } from './calibrator.js';
import { isotonicBlocks, type Outcome } from './isotonic.js';

/** `count` outcomes of one confidence, of which so many were right. */
const outcomes = (raw: number, count: number, successes: number): Outcome[] =>
  Array.from({ length: count }, (_, i) => ({ raw, success: i < successes }));

const anyOutcomes = fc.array(
  fc.record({ raw: fc.double({ min: 0, max: 1, noNaN: true }), success: fc.boolean() }),
  { maxLength: 300 },
);

describe('isotonic regression', () => {
  it('pools what is out of order, as worked out by hand', () => {
    const blocks = isotonicBlocks([
      ...outcomes(0.1, 20, 2),
      ...outcomes(0.3, 20, 12),
      ...outcomes(0.5, 20, 8),
      ...outcomes(0.9, 20, 18),
    ]);
    expect(blocks).toEqual([
      { from: 0.1, to: 0.1, count: 20, successes: 2 },
      { from: 0.3, to: 0.5, count: 40, successes: 20 },
      { from: 0.9, to: 0.9, count: 20, successes: 18 },
    ]);
  });

  it('does not make steps of a few outcomes', () => {
    const few = [...outcomes(0.2, 1, 0), ...outcomes(0.4, 1, 1), ...outcomes(0.6, 1, 0)];
    expect(isotonicBlocks(few)).toEqual([{ from: 0.2, to: 0.6, count: 3, successes: 1 }]);
    expect(isotonicBlocks([])).toEqual([]);
  });

  it('keeps every outcome, in order, with rising rates', () => {
    fc.assert(
      fc.property(anyOutcomes, (given) => {
        const blocks = isotonicBlocks(given);
        expect(blocks.reduce((sum, { count }) => sum + count, 0)).toBe(given.length);
        expect(blocks.reduce((sum, { successes }) => sum + successes, 0)).toBe(
          given.filter(({ success }) => success).length,
        );
        for (const [i, block] of blocks.entries()) {
          expect(block.from).toBeLessThanOrEqual(block.to);
          if (i === 0) continue;
          expect(blocks[i - 1].to).toBeLessThan(block.from);
          expect(blocks[i - 1].successes / blocks[i - 1].count).toBeLessThan(block.successes / block.count);
        }
      }),
    );
  });
});

describe('calibration', () => {
  it('trusts the raw confidence little while nothing is known', () => {
    const { estimate, lower, support } = Calibrator.fit([]).calibrate(0.95);
    expect(estimate).toBeCloseTo(0.95, 12);
    expect(support).toBe(0);
    expect(lower).toBeLessThan(0.75);
  });

  it('learns that it was too sure of itself, and becomes surer with every outcome', () => {
    const lowerAfter = (count: number, successes: number) =>
      Calibrator.fit(outcomes(0.95, count, successes)).calibrate(0.95);
    expect(lowerAfter(200, 120).estimate).toBeCloseTo(0.6, 2);
    expect(lowerAfter(200, 120).lower).toBeLessThan(0.62);
    expect(lowerAfter(40, 40).lower).toBeLessThan(lowerAfter(400, 400).lower);
    expect(lowerAfter(400, 400).lower).toBeGreaterThan(0.98);
  });

  it('asks the nearest block about confidences that nobody has had', () => {
    const calibrator = Calibrator.fit([...outcomes(0.2, 50, 5), ...outcomes(0.8, 50, 45)]);
    expect(calibrator.calibrate(0.3).estimate).toBeLessThan(0.2);
    expect(calibrator.calibrate(0.7).estimate).toBeGreaterThan(0.8);
  });

  it('learns from estimates of other types that it is too sure, but not to act sooner', () => {
    const recorded = (successes: number) =>
      outcomes(0.8, 100, successes).map(({ raw, success }) => ({ confidence: raw, success }));
    const own = outcomes(0.8, 60, 48);
    const alone = Calibrator.fit(own).calibrate(0.8);
    const tooSure = Calibrator.fit(own, recorded(40)).calibrate(0.8);
    const tooModest = Calibrator.fit(own, recorded(100)).calibrate(0.8);
    expect(tooSure.estimate).toBeCloseTo(alone.estimate - (100 * 0.8 - 40) / 120, 2);
    expect(tooSure.lower).toBeLessThan(alone.lower - 0.2);
    expect(tooModest.estimate).toBeGreaterThan(alone.estimate + 0.1);
    expect(tooModest.lower).toBe(alone.lower);
    // Estimates of another size say nothing.
    const far = Calibrator.fit(outcomes(0.2, 60, 12), recorded(0)).calibrate(0.2);
    expect(far).toEqual(Calibrator.fit(outcomes(0.2, 60, 12)).calibrate(0.2));
  });

  it('gives shares, and a bound below the estimate', () => {
    fc.assert(
      fc.property(
        anyOutcomes,
        anyOutcomes,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, others, raw) => {
          const record = others.map((other) => ({ confidence: other.raw, success: other.success }));
          const { estimate, lower, support } = Calibrator.fit(given, record).calibrate(raw);
          expect(lower).toBeGreaterThanOrEqual(0);
          expect(lower).toBeLessThanOrEqual(estimate + 1e-12);
          expect(estimate).toBeLessThanOrEqual(1);
          expect(support).toBeLessThanOrEqual(given.length);
        },
      ),
    );
  });

  /** Newcombe, Statistics in Medicine 17 (1998), table I, method 3: two-sided 95 %. */
  it.each([
    [81, 263, 0.2553],
    [15, 148, 0.0624],
    [0, 20, 0],
    [1, 29, 0.0061],
  ])('computes the published bound of %i in %i', (successes, count, lower) => {
    expect(wilsonLower(successes / count, count, 1.959964)).toBeCloseTo(lower, 4);
  });
});
