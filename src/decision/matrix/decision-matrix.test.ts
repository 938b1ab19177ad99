import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';
import { parseDecisionMatrix } from './decision-matrix.js';

const shipped = readFileSync(join(packageRoot(), 'config', 'decision-matrix.yaml'), 'utf8');

describe('the decision matrix', () => {
  it('comes with the limits that were promised', () => {
    const { types } = unwrap(parseDecisionMatrix(shipped));
    expect(types.deployment).toMatchObject({ threshold: 0.8, automatic_per_hour: 10 });
    expect(types.scaling).toMatchObject({
      threshold: 0.85,
      automatic_actions: ['scale_down', 'remove_replicas'],
    });
    expect(types.rollback).toMatchObject({ threshold: 0.7, automatic_in_emergency: true });
    expect(types.guardian_override.automatic_per_hour).toBe(0);
    expect(types.deployment.cooldown_s).toBe(300);
  });

  it('reads a file from before there was a least estimate for automatic actions', () => {
    const older = shipped.replaceAll(/ +automatic_estimate: .*\n/g, '');
    expect(unwrap(parseDecisionMatrix(older)).types.scaling.automatic_estimate).toBe(0);
    expect(unwrap(parseDecisionMatrix(shipped)).types.scaling.automatic_estimate).toBe(0.5);
  });

  it.each([
    [
      'threshold: 0.8',
      'threshold: 1.8',
      'types.deployment.threshold is 1.8; allowed is a number from 0 to 1',
    ],
    ['threshold: 0.8', 'treshold: 0.8', 'types.deployment.treshold is not known'],
    ['threshold: 0.8', '__proto__: 0.8', 'not known'],
    ['deployment:', 'deploiment:', 'types.deploiment is not known'],
    ['version: 1', 'version: 2', 'version is 2'],
    ['[scale_down, ', '[Scale Down, ', 'a list of at most 32 names'],
    ['  shadow: false\n', '', 'shadow is said neither in types.deployment nor in defaults'],
    ['attempts_per_day: 100', 'attempts_per_day: .inf', 'a whole number'],
    ['types:', 'types: &a\n  <<: *a\nkinds:', 'the decision matrix cannot be used'],
  ])('refuses %j written as %j', (before, after, message) => {
    expect(shipped).toContain(before);
    const parsed = parseDecisionMatrix(shipped.replace(before, () => after));
    expect(parsed).toMatchObject({ ok: false, error: { code: 'MATRIX_INVALID' } });
    expect(parsed.ok ? '' : parsed.error.message).toContain(message);
  });

  it('never throws at what is no matrix', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseDecisionMatrix(text)).toMatchObject({ ok: false, error: { code: 'MATRIX_INVALID' } });
      }),
    );
    expect(parseDecisionMatrix('a'.repeat(70_000)).ok).toBe(false);
  });
});
