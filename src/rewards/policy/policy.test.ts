import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'yaml';
import { unwrap } from '../../common/index.js';
import { formatBly, ONE_PPM, parseBly, splitByWeight, UNITS_PER_BLY } from './fixed-point.js';
import { issuanceAccount, openYear } from './issuance.js';
import { defaultRewardsFile, readRewardsPolicy } from './policy-in-force.js';
import { parseRewardsPolicy } from './rewards-policy.js';
import { catalystBonus, epochAt, learningReward, nextCoefficient, payable, usageReward } from './rewards.js';

const policy = unwrap(readRewardsPolicy(defaultRewardsFile()));
const bly = (amount: string) => parseBly(amount)!;
const units = fc.bigInt({ min: 0n, max: 10n ** 18n });

describe('amounts', () => {
  it('are read and written exactly', () => {
    expect([bly('0.5'), bly('1000000000'), bly('0.000000001')]).toEqual([500_000_000n, 10n ** 18n, 1n]);
    for (const wrong of ['', '-1', '1.', '.5', '1e3', '01', '1.0000000001', ' 1', '12345678901'])
      expect(parseBly(wrong)).toBeNull();
    expect([formatBly(-500_000_000n), formatBly(0n), formatBly(10n ** 18n)]).toEqual([
      '-0.5',
      '0',
      '1000000000',
    ]);
    fc.assert(fc.property(units, (amount) => expect(parseBly(formatBly(amount))).toBe(amount)));
  });

  it('are split to the last unit, nobody a whole unit off', () => {
    expect(splitByWeight(10n, [1n, 1n, 1n])).toEqual([4n, 3n, 3n]);
    expect(splitByWeight(100n, [50n, 0n, 30n, 20n])).toEqual([50n, 0n, 30n, 20n]);
    expect(splitByWeight(7n, [0n, 0n])).toEqual([0n, 0n]);
    fc.assert(
      fc.property(units, fc.array(units, { minLength: 1 }), (amount, weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0n);
        const shares = splitByWeight(amount, weights);
        expect(shares.reduce((sum, share) => sum + share, 0n)).toBe(total === 0n ? 0n : amount);
        for (const [i, share] of shares.entries())
          if (total > 0n) expect([0n, 1n]).toContain(share - (amount * weights[i]) / total);
      }),
    );
  });
});

describe('the policy', () => {
  it('says what the installation ships with', () => {
    expect(policy.supply).toBe(1_000_000_000n * UNITS_PER_BLY);
    expect(policy.yearlyCap).toBe(100_000_000n * UNITS_PER_BLY);
    expect(policy.catalyst.map(({ budget, times }) => [formatBly(budget), times])).toEqual([
      ['4800000', 8n],
      ['3600000', 4n],
      ['2400000', 2n],
      ['1200000', 1n],
    ]);
    expect([policy.leastPayout, policy.epochMs]).toEqual([500_000_000n, 1_800_000]);
    expect([policy.datasetShare, policy.alpha.target]).toEqual([100_000n, 100n]);
    // Answers are free, so use must not be paid.
    expect([policy.usage.fee, policy.usage.feeBy]).toEqual([0n, 'server']);
  });

  it('refuses what is wrong and says where', () => {
    const file = parse(readFileSync(defaultRewardsFile(), 'utf8')) as Record<string, object>;
    const wrong: [object, RegExp][] = [
      [{ supply: 1000 }, /supply .* amount of BLY in quotes/],
      [{ version: 2 }, /version/],
      [{ extra: 1 }, /does not know extra/],
      [{ yearly_cap_ppm: 1_000_001 }, /yearly_cap_ppm/],
      [{ usage: { ...file.usage, base: '-1' } }, /base of usage/],
      [{ usage: { ...file.usage, recent_s: 0.5 } }, /recent_s of usage/],
      [{ usage: { ...file.usage, fee_by: 'nobody' } }, /fee_by of usage must be server or elsewhere/],
      [{ usage: { ...file.usage, fee_by: null } }, /fee_by of usage/],
      [{ catalyst: { pool: '12000000', stages: [{ share_ppm: 400_000, times: 8 }] } }, /add up/],
      [{ catalyst: { ...file.catalyst, pool: '100000001' } }, /exceeds what may be issued/],
      [
        {
          coefficients: {
            ...file.coefficients,
            alpha: { start_ppm: 9, least_ppm: 10, most_ppm: 11, step_ppm: 1, target: 1 },
          },
        },
        /alpha/,
      ],
      [{ payout: null }, /payout must have members/],
    ];
    for (const [change, reason] of wrong) {
      const parsed = parseRewardsPolicy({ ...file, ...change });
      expect(parsed.ok ? 'accepted' : `${parsed.error.code}: ${parsed.error.message}`).toMatch(reason);
    }
    expect(readRewardsPolicy('no such file')).toMatchObject({
      ok: false,
      error: { code: 'REWARDS_UNREADABLE' },
    });
  });

  it('says of policies from before who collects a fee: not the server', () => {
    const file = parse(readFileSync(defaultRewardsFile(), 'utf8')) as { usage: Record<string, unknown> };
    const { fee_by: _, ...before } = file.usage;
    expect(unwrap(parseRewardsPolicy({ ...file, usage: before })).usage.feeBy).toBe('elsewhere');
  });

  it('fills a year once, by a transfer that depends on the year alone', () => {
    const [one, again, other] = [openYear(policy, 2026), openYear(policy, 2026), openYear(policy, 2027)];
    expect(again).toEqual(one);
    expect(one.transfers[0]).toMatchObject({ credit: issuanceAccount(2026), amount: policy.yearlyCap });
    expect(other.transfers[0].id).not.toBe(one.transfers[0].id);
  });
});

describe('rewards', () => {
  it('pay 20,000 BLY per percent of improvement, times alpha', () => {
    expect(learningReward(policy, 10_000n, ONE_PPM)).toBe(bly('20000'));
    expect(learningReward(policy, 25_000n, 1_500_000n)).toBe(bly('75000'));
    expect(learningReward(policy, 1n, ONE_PPM)).toBe(bly('2'));
    expect(learningReward(policy, -10_000n, ONE_PPM)).toBe(0n);
    expect(learningReward(policy, 5_000_000n, ONE_PPM)).toBe(bly('2000000'));
  });

  it('pay use by calls, speed, quality and recency', () => {
    const usage = { calls: 100n * ONE_PPM, latencyMs: 1_000n, quality: 0n, ageMs: 0 };
    expect(usageReward(policy, usage, ONE_PPM)).toBe(bly('0.01'));
    expect(usageReward(policy, { ...usage, calls: 50n * ONE_PPM }, ONE_PPM)).toBe(bly('0.005'));
    expect(usageReward(policy, { ...usage, calls: 999n * ONE_PPM }, ONE_PPM)).toBe(bly('0.02'));
    expect(usageReward(policy, { ...usage, latencyMs: 0n }, ONE_PPM)).toBe(bly('0.02'));
    expect(usageReward(policy, { ...usage, latencyMs: 60_000n }, ONE_PPM)).toBe(bly('0.005'));
    expect(usageReward(policy, { ...usage, quality: 750_000n }, ONE_PPM)).toBe(bly('0.0175'));
    expect(usageReward(policy, { ...usage, ageMs: 3_600_001 }, ONE_PPM)).toBe(bly('0.008'));
    expect(
      usageReward(
        policy,
        { ...usage, calls: 200n * ONE_PPM, latencyMs: 250n, quality: 500_000n },
        2_000_000n,
      ),
    ).toBe(bly('0.105'));
    expect(usageReward(policy, { ...usage, calls: 0n }, ONE_PPM)).toBe(0n);
    expect(usageReward(policy, { ...usage, calls: 500_000n }, ONE_PPM)).toBe(bly('0.00005'));
    expect(usageReward(policy, { ...usage, calls: ONE_PPM, latencyMs: 1_999n }, 1n)).toBe(0n);
  });

  it('of use stay below the fee that the policy speaks of, whatever quality, speed and coefficient', () => {
    const best = { calls: 100n * ONE_PPM, latencyMs: 0n, quality: ONE_PPM, ageMs: 0 };
    const earned = usageReward(policy, best, policy.beta.most);
    expect(earned).toBe(bly('0.08'));
    expect(earned).toBeLessThan(100n * bly('0.001'));
  });

  it('follow demand by a step at most, within bounds', () => {
    const { alpha } = policy;
    expect(nextCoefficient(alpha, ONE_PPM, 103n, 100n)).toBe(1_030_000n);
    expect(nextCoefficient(alpha, ONE_PPM, 900n, 100n)).toBe(1_050_000n);
    expect(nextCoefficient(alpha, ONE_PPM, 0n, 100n)).toBe(950_000n);
    expect(nextCoefficient(alpha, 1_990_000n, 900n, 100n)).toBe(2_000_000n);
    expect(nextCoefficient(alpha, 510_000n, 0n, 100n)).toBe(500_000n);
    expect(nextCoefficient(alpha, 1_234_567n, 5n, 0n)).toBe(1_234_567n);
  });

  it('are multiplied by the catalyst pool from 8 times down to once, until it is empty', () => {
    const stages = policy.catalyst;
    expect(catalystBonus(stages, bly('100'), 0n)).toBe(bly('800'));
    expect(catalystBonus(stages, bly('100'), bly('4800000'))).toBe(bly('400'));
    expect(catalystBonus(stages, bly('100'), bly('8400000'))).toBe(bly('200'));
    expect(catalystBonus(stages, bly('100'), bly('10800000'))).toBe(bly('100'));
    expect(catalystBonus(stages, bly('100'), bly('11999990'))).toBe(bly('10'));
    expect(catalystBonus(stages, bly('100'), bly('12000000'))).toBe(0n);
    // 400 BLY are left in the first stage: they serve 50 of the 100, the other 50 are paid four times.
    expect(catalystBonus(stages, bly('100'), bly('4799600'))).toBe(bly('600'));
    fc.assert(
      fc.property(fc.array(units, { maxLength: 30 }), (rewards) => {
        const paid = rewards.reduce((spent, reward) => spent + catalystBonus(stages, reward, spent), 0n);
        expect(paid <= bly('12000000')).toBe(true);
      }),
    );
  });

  it('wait below half a BLY, for an epoch of half an hour', () => {
    expect([payable(policy, bly('0.499999999')), payable(policy, bly('0.5'))]).toEqual([0n, bly('0.5')]);
    expect([epochAt(policy, 1_799_999), epochAt(policy, 1_800_000)]).toEqual([0, 1]);
  });
});
