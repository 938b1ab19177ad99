import { splitByWeight } from '../policy/fixed-point.js';
import type { RewardsPolicy } from '../policy/rewards-policy.js';
import { nextCoefficient, payable } from '../policy/rewards.js';
import type { Earning } from './earning.js';
import type { EpochInput } from './epoch-input.js';
import { inYearOf, type EpochState } from './epoch-state.js';
import { learningEarnings } from './learning-earnings.js';
import { paidAnswers, usageEarnings } from './usage-earnings.js';

/** Accounts that are paid in one epoch at most: all transfers of an epoch are one batch of the ledger. The others wait. */
export const MOST_PAID = 8_000;

/** What an account is paid; units. */
export interface Payment {
  readonly account: string;
  readonly amount: bigint;
}

/** Who earned and who is paid what in an epoch, and what the next one begins with. */
export interface Payouts {
  readonly earned: readonly Earning[];
  readonly paid: readonly Payment[];
  readonly after: EpochState;
}

/**
 * Works out an epoch, in whole numbers and with nothing but what it is given: the same input, policy and state give the same to the
 * unit everywhere. What exceeds the year's budget makes all earnings smaller in proportion.
 * @param yearAt whose year pays, ms since the epoch
 */
export function computeEpoch(
  input: EpochInput,
  policy: RewardsPolicy,
  before: EpochState,
  yearAt = input.at,
): Payouts {
  const state = inYearOf(before, policy, yearAt);
  const wanted = [
    ...learningEarnings(input.verdicts, policy, state),
    ...usageEarnings(input, policy, state.beta),
  ];
  const earned = withinBudget(wanted, state.yearBudget - state.yearIssued);
  const { paid, owed } = payOut(state.owed, earned, policy);
  return {
    ...{ earned, paid },
    after: {
      ...state,
      ...nextCoefficients(input, policy, state),
      catalystSpent: state.catalystSpent + sumOf(earned.filter(({ kind }) => kind === 'catalyst')),
      yearIssued: state.yearIssued + sumOf(earned),
      owed,
    },
  };
}

/** The sum of amounts. */
export function sumOf(parts: readonly { readonly amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}

function withinBudget(earned: readonly Earning[], budget: bigint): Earning[] {
  if (sumOf(earned) <= budget) return [...earned];
  const shares = splitByWeight(
    budget,
    earned.map(({ amount }) => amount),
  );
  return earned.map((earning, i) => ({ ...earning, amount: shares[i] })).filter(({ amount }) => amount > 0n);
}

/** Adds what was earned to what was owed, and pays whoever is owed enough, the most first. */
function payOut(
  before: ReadonlyMap<string, bigint>,
  earned: readonly Earning[],
  policy: RewardsPolicy,
): { readonly paid: Payment[]; readonly owed: ReadonlyMap<string, bigint> } {
  const balances = new Map(before);
  for (const { account, amount } of earned) balances.set(account, (balances.get(account) ?? 0n) + amount);
  const due = [...balances]
    .map(([account, balance]): Payment => ({ account, amount: payable(policy, balance) }))
    .filter(({ amount }) => amount > 0n)
    .sort((a, b) => (a.amount === b.amount ? byName(a.account, b.account) : a.amount > b.amount ? -1 : 1));
  const paid = due.slice(0, MOST_PAID);
  for (const { account } of paid) balances.delete(account);
  return { paid, owed: new Map([...balances].sort(([a], [b]) => byName(a, b))) };
}

/** What alpha and beta are in the next epoch. Nobody asking, or asking for nothing, says nothing of demand. */
function nextCoefficients(
  { answers }: EpochInput,
  { alpha, beta, usage }: RewardsPolicy,
  now: EpochState,
): Pick<EpochState, 'alpha' | 'beta'> {
  const counted = paidAnswers(answers, usage);
  if (counted.length === 0) return { alpha: now.alpha, beta: now.beta };
  const payers = new Set(counted.map(({ payer }) => payer)).size;
  return {
    alpha: nextCoefficient(alpha, now.alpha, BigInt(payers), alpha.target),
    beta: nextCoefficient(beta, now.beta, BigInt(counted.length), beta.target),
  };
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
