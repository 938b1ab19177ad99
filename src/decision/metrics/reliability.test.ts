import { brierScore, expectedCalibrationError, regret, reliabilityCurve } from './reliability.js';

const judged = (confidence: number, count: number, successes: number) =>
  Array.from({ length: count }, (_, i) => ({ confidence, success: i < successes }));

describe('how reliable confidences were', () => {
  const decisions = [...judged(0.25, 4, 1), ...judged(0.85, 6, 3)];

  it('is drawn in ten bins', () => {
    const curve = reliabilityCurve(decisions);
    expect(curve.map(({ count }) => count)).toEqual([0, 0, 4, 0, 0, 0, 0, 0, 6, 0]);
    expect(curve[2]).toEqual({ from: 0.2, to: 0.3, count: 4, confidence: 0.25, successRate: 0.25 });
    expect(curve[8].successRate).toBe(0.5);
    expect(curve[0]).toMatchObject({ confidence: null, successRate: null });
    expect(reliabilityCurve(judged(1, 2, 2))[9].count).toBe(2);
  });

  it('is summed up, as worked out by hand', () => {
    expect(expectedCalibrationError(decisions)).toBeCloseTo(0.6 * 0.35, 12);
    expect(expectedCalibrationError([])).toBe(0);
    const brier = (0.75 ** 2 + 3 * 0.25 ** 2 + 3 * 0.15 ** 2 + 3 * 0.85 ** 2) / 10;
    expect(brierScore(decisions)).toBeCloseTo(brier, 12);
    expect(brierScore([])).toBeNull();
  });

  it('tells passing what guardians refuse from holding what they approve', () => {
    const answers = [
      { passed: true, approved: false },
      { passed: false, approved: true },
      { passed: false, approved: true },
      { passed: true, approved: true },
    ];
    expect(regret(answers)).toEqual({ answers: 4, wronglyPassed: 0.25, wronglyHeld: 0.5 });
    expect(regret([])).toBeNull();
  });
});
