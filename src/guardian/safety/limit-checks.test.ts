import { unwrap } from '../../common/index.js';
import { amountCheck, ethicalChecks, securityCheck } from './limit-checks.js';
import { safetyReport } from './safety-report.js';
import { changeThresholds, DEFAULT_THRESHOLDS } from './thresholds.js';

const ether = (whole: string) => `${whole}${'0'.repeat(18)}`;

describe('limits', () => {
  it.each([
    ['transaction_amount', ether('1000'), 'passed'],
    ['transaction_amount', `${ether('1000').slice(0, -1)}1`, 'guardian'],
    ['transaction_day', ether('10000'), 'passed'],
    ['transaction_day', ether('10001'), 'guardian'],
    ['transaction_amount', '0', 'passed'],
  ] as const)('let %s of %s be %s', (name, amount, outcome) => {
    expect(amountCheck(name, amount, DEFAULT_THRESHOLDS).outcome).toBe(outcome);
  });

  it('let a fraction of a whole unit be a limit', () => {
    const half = { ...DEFAULT_THRESHOLDS, transaction_amount: 0.5 };
    expect(amountCheck('transaction_amount', `5${'0'.repeat(17)}`, half).outcome).toBe('passed');
    expect(amountCheck('transaction_amount', `5${'0'.repeat(16)}1`.padEnd(18, '0'), half).outcome).toBe(
      'guardian',
    );
  });

  it('send what nobody measured to a guardian', () => {
    expect(ethicalChecks(undefined, DEFAULT_THRESHOLDS).map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(3).fill('guardian'),
    ]);
    expect(securityCheck(undefined, DEFAULT_THRESHOLDS).outcome).toBe('guardian');
    // What others saw refuses, and lets nothing pass.
    const seen = [0.4, 0.6, 1].map((atMost) => securityCheck(undefined, DEFAULT_THRESHOLDS, atMost).outcome);
    expect(seen).toEqual(['blocked', 'guardian', 'guardian']);
  });

  it('compare what the truth mirror measured', () => {
    const figures = {
      ...{ bias: 0.15, fairness: 0.8, transparency: 1, missing: [] as string[] },
      measuredAt: '2026-01-01T00:00:00Z',
    };
    const outcomes = (changes: Partial<typeof figures>) =>
      ethicalChecks({ ...figures, ...changes }, DEFAULT_THRESHOLDS)
        .filter(({ outcome }) => outcome !== 'passed')
        .map(({ name }) => name);
    expect(outcomes({})).toEqual([]);
    expect(outcomes({ bias: 0.16 })).toEqual(['ethical_bias']);
    expect(outcomes({ fairness: 0.79 })).toEqual(['ethical_fairness']);
    expect(outcomes({ transparency: 0.99 })).toEqual(['ethical_transparency']);
    const unknown = { ...figures, bias: null, transparency: 0.5, missing: ['licence', 'data'] };
    const [bias, fairness, transparency] = ethicalChecks(unknown, DEFAULT_THRESHOLDS);
    expect([bias.outcome, fairness.outcome, transparency.outcome]).toEqual([
      ...['guardian', 'passed', 'guardian'],
    ]);
    expect(bias.detail).toContain('could not be measured');
    expect(transparency.detail).toContain('not on the chain for every weight: licence, data');
  });

  it.each([
    [0.7, 'passed'],
    [0.69, 'guardian'],
    [0.5, 'guardian'],
    [0.49, 'blocked'],
    [NaN, 'guardian'],
  ])('take a security score of %s for %s', (score, outcome) => {
    expect(securityCheck(score, DEFAULT_THRESHOLDS).outcome).toBe(outcome);
  });

  it('say together what the worst of them says', () => {
    const checks = [0.9, 0.6, 0.4].map((score) => securityCheck(score, DEFAULT_THRESHOLDS));
    expect(safetyReport([]).outcome).toBe('passed');
    expect(safetyReport(checks.slice(0, 1)).outcome).toBe('passed');
    expect(safetyReport(checks.slice(0, 2)).outcome).toBe('guardian');
    expect(safetyReport(checks).outcome).toBe('blocked');
  });
});

describe('thresholds', () => {
  it('change one by one, and refuse what makes no sense', () => {
    const changed = unwrap(changeThresholds(DEFAULT_THRESHOLDS, { bias: 0.1, fairness: undefined }));
    expect(changed).toEqual({ ...DEFAULT_THRESHOLDS, bias: 0.1 });
    const refused = (changes: object) => {
      const result = changeThresholds(DEFAULT_THRESHOLDS, changes as never);
      return result.ok ? null : [result.error.code, result.error.facts.threshold];
    };
    expect(refused({ bias: 2 })).toEqual(['THRESHOLD_INVALID', 'bias']);
    expect(refused({ bias: '0.1' })).toEqual(['THRESHOLD_INVALID', 'bias']);
    expect(refused({ kindness: 1 })).toEqual(['THRESHOLD_INVALID', 'kindness']);
    expect(refused({ transaction_day: -1 })).toEqual(['THRESHOLD_INVALID', 'transaction_day']);
    expect(refused({ security: 0.4 })).toEqual(['THRESHOLD_INVALID', 'security_blocked']);
  });
});
