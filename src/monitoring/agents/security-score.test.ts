import { SECURITY_SIGNALS, type SecuritySignal } from '../../common/observation/security-signals.js';
import { securityScore } from './security-score.js';

const counts = (given: Partial<Record<SecuritySignal, number>> = {}) =>
  Object.fromEntries(SECURITY_SIGNALS.map((signal) => [signal, given[signal] ?? 0])) as Record<
    SecuritySignal,
    number
  >;

describe('securityScore', () => {
  it('is 1 in peace and never leaves 0 to 1', () => {
    expect(securityScore(counts())).toBe(1);
    const worst = Object.fromEntries(SECURITY_SIGNALS.map((signal) => [signal, 1e9]));
    expect(securityScore(counts(worst))).toBeGreaterThan(0);
    expect(securityScore(counts(worst))).toBeLessThan(0.2);
  });

  it('falls with every further signal', () => {
    for (const signal of SECURITY_SIGNALS) {
      const scores = [0, 1, 10, 100].map((n) => securityScore(counts({ [signal]: n })));
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(new Set(scores).size).toBe(4);
    }
  });

  it('puts one stolen token below the bound of guardians, a few typing errors far above it', () => {
    expect(securityScore(counts({ token_reused: 3 }))).toBeLessThan(0.7);
    expect(securityScore(counts({ login_refused: 5 }))).toBeGreaterThan(0.95);
  });
});
