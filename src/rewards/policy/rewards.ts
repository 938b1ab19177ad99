import { clamp, ONE_PPM, timesPpm } from './fixed-point.js';
import type { CatalystStage, CoefficientPolicy, RewardsPolicy } from './rewards-policy.js';

/** One percent, in millionths. */
const PERCENT_PPM = 10_000n;

/**
 * Units for an improvement of held-out loss: so much per percent, times alpha, rounded down.
 * @param improvement in millionths of the loss before, 0 to 1,000,000; a loss that grew earns nothing
 */
export function learningReward(
  { learningPerPercent }: RewardsPolicy,
  improvement: bigint,
  alpha: bigint,
): bigint {
  const counted = clamp(improvement, 0n, ONE_PPM);
  return (learningPerPercent * counted * alpha) / (PERCENT_PPM * ONE_PPM);
}

/** What an author's experts did for one payer in an epoch. */
export interface Usage {
  /** Calls that count (each once), in millionths: of an answer that several authors' experts made, each has a part. */
  readonly calls: bigint;
  /** Median time of an answer, ms. */
  readonly latencyMs: bigint;
  /** Median quality, in millionths, 0 to 1,000,000. */
  readonly quality: bigint;
  /** How long ago the last call was, ms. */
  readonly ageMs: number;
}

/**
 * Units for use: base × min(calls / unit, most) × max(least, from − seconds) × (1 + quality) × recency × beta. All factors are
 * multiplied first; one division, rounded down.
 */
export function usageReward({ usage: policy }: RewardsPolicy, usage: Usage, beta: bigint): bigint {
  if (usage.calls <= 0n) return 0n;
  const most = policy.callsMost * policy.callsUnit;
  const calls = clamp(usage.calls, 0n, most);
  const speed = clamp(policy.speedFrom - usage.latencyMs * 1_000n, policy.speedLeast, policy.speedFrom);
  const quality = ONE_PPM + clamp(usage.quality, 0n, ONE_PPM);
  const recency = usage.ageMs <= policy.recentMs ? ONE_PPM : policy.later;
  return (policy.base * calls * speed * quality * recency * beta) / (policy.callsUnit * ONE_PPM ** 5n);
}

/**
 * A coefficient for the next epoch: it moves towards demand / target times itself, at most a step, within its bounds;
 * rounded down. Without a target it stays.
 */
export function nextCoefficient(
  { least, most, step }: CoefficientPolicy,
  now: bigint,
  demand: bigint,
  target: bigint,
): bigint {
  if (target <= 0n) return clamp(now, least, most);
  const wanted = (now * clamp(demand, 0n, demand)) / target;
  return clamp(clamp(wanted, timesPpm(now, ONE_PPM - step), timesPpm(now, ONE_PPM + step)), least, most);
}

/**
 * What the catalyst pool adds to a reward: so many times the reward as the stage says. Where a stage ends in between, the
 * rest of the reward counts in the next one, rounded down. @param spent units the pool has paid so far
 */
export function catalystBonus(stages: readonly CatalystStage[], reward: bigint, spent: bigint): bigint {
  let [left, before, bonus] = [clamp(reward, 0n, reward), spent, 0n];
  for (const { budget, times } of stages) {
    const used = clamp(before, 0n, budget);
    before -= used;
    const paid = clamp(left * times, 0n, budget - used);
    bonus += paid;
    left -= (paid + times - 1n) / times;
    if (left <= 0n) break;
  }
  return bonus;
}

/** What is paid out of a balance at the end of an epoch: all of it, or nothing while it is below the least payout. */
export function payable({ leastPayout }: RewardsPolicy, balance: bigint): bigint {
  return balance >= leastPayout ? clamp(balance, 0n, balance) : 0n;
}

/** The epoch that a moment belongs to: epoch n lasts from n × length on. @param time ms since 1970 */
export function epochAt({ epochMs }: RewardsPolicy, time: number): number {
  return Math.floor(time / epochMs);
}
