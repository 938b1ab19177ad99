import { unwrap } from '../../common/index.js';
import { norm } from '../checks/similarity.js';
import { withNoise } from './noise.js';
import { spend } from './privacy-budget.js';
import { composed, epsilonOf, gaussianRelease, gaussianReleases, NOTHING_SPENT, ORDERS } from './renyi.js';

/** The standard normal distribution function, by Simpson's rule. */
function below(x: number): number {
  const steps = 4_000;
  const width = x / steps;
  const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += density(i * width) * (i % 2 === 1 ? 4 : 2);
  return 0.5 + (sum * width) / 3;
}

/** The exact delta of one release (B. Balle, Y.-X. Wang, arXiv 1805.06530, theorem 8). */
function exactDelta(sigma: number, epsilon: number): number {
  const half = 1 / (2 * sigma);
  return below(half - epsilon * sigma) - Math.exp(epsilon) * below(-half - epsilon * sigma);
}

describe('Renyi accounting', () => {
  it('of normal noise is order / (2 sigma^2)', () => {
    const spent = gaussianRelease(10);
    expect(spent[ORDERS.indexOf(20)]).toBeCloseTo(0.1, 12);
    expect(composed(spent, spent)[ORDERS.indexOf(50)]).toBeCloseTo(0.5, 12);
  });

  it.each([
    [1, 1e-5],
    [2, 1e-6],
    [5, 1e-5],
    [0.7, 1e-4],
  ])('promises no more than is exact, and not much less (sigma %p, delta %p)', (sigma, delta) => {
    const epsilon = epsilonOf(gaussianRelease(sigma), delta);
    expect(exactDelta(sigma, epsilon)).toBeLessThan(delta);
    expect(exactDelta(sigma, epsilon * 0.85)).toBeGreaterThan(delta);
  });

  it('of n releases is that of one with less noise by the root of n', () => {
    const nine = Array.from({ length: 9 }).reduce<readonly number[]>(
      (spent) => composed(spent, gaussianRelease(6)),
      NOTHING_SPENT,
    );
    expect(epsilonOf(nine, 1e-5)).toBeCloseTo(epsilonOf(gaussianRelease(2), 1e-5), 9);
  });

  it('of nothing is nothing', () => {
    expect(epsilonOf(NOTHING_SPENT, 1e-5)).toBe(0);
    expect(gaussianReleases(0)).toEqual(NOTHING_SPENT);
  });

  it('of releases with noise of different deviations is what both spend', () => {
    const both = composed(gaussianRelease(3), gaussianRelease(7));
    const asOne = epsilonOf(gaussianReleases(1 / 9 + 1 / 49), 1e-5);
    expect(asOne).toBeCloseTo(epsilonOf(both, 1e-5), 9);
  });
});

describe('a budget', () => {
  it('lets releases pass until it is spent, and then none', () => {
    const limit = { epsilon: 2, delta: 1e-5 };
    let spent = NOTHING_SPENT;
    let released = 0;
    for (;;) {
      const after = spend(spent, 8, limit);
      if (!after.ok) {
        expect(after.error).toMatchObject({ code: 'PRIVACY_BUDGET_SPENT', status: 409 });
        break;
      }
      spent = after.value;
      released++;
    }
    expect(epsilonOf(spent, limit.delta)).toBeLessThanOrEqual(2);
    // About (epsilon sigma)^2 / (2 log(1 / delta)) of them: 11.
    expect(released).toBeGreaterThan(7);
    expect(released).toBeLessThan(16);
    expect(spend(spent, 1_000, limit).ok).toBe(true);
    expect(unwrap(spend(NOTHING_SPENT, 8, limit))).not.toEqual(NOTHING_SPENT);
  });
});

describe('noise', () => {
  const key = (byte: number) => new Uint8Array(32).fill(byte);

  it('has the deviation that was asked for', () => {
    const shown = withNoise(new Float32Array(40_000), 6, key(1));
    const mean = shown.reduce((sum, value) => sum + value, 0) / shown.length;
    // Six deviations of the mean and of the deviation itself: once in 10^9 keys.
    expect(Math.abs(mean)).toBeLessThan((6 * 6) / 200);
    expect(Math.abs(norm(shown) / 200 - 6)).toBeLessThan((6 * 6) / Math.sqrt(2 * 40_000));
    const beyond = shown.filter((value) => Math.abs(value) > 2 * 6).length / shown.length;
    expect(beyond).toBeCloseTo(0.0455, 2);
  });

  it('is on top of the values, the same for the same key only', () => {
    const values = Float32Array.of(30, 40);
    expect(withNoise(values, 0, key(1))).toEqual(values);
    expect(withNoise(values, 1, key(1))).toEqual(withNoise(values, 1, key(1)));
    expect(withNoise(values, 1, key(1))).not.toEqual(withNoise(values, 1, key(2)));
  });
});
