import { splitByWeight, timesPpm } from '../policy/fixed-point.js';
import type { RewardsPolicy, UsagePolicy } from '../policy/rewards-policy.js';
import { usageReward } from '../policy/rewards.js';
import { keyAccount } from './accounts.js';
import type { Earning } from './earning.js';
import type { CountedAnswer, EpochInput } from './epoch-input.js';
import { grouped } from './group.js';
import { median } from './median.js';
import { qualityOf } from './quality-scores.js';

/** What an author earned by one payer. */
interface Earned {
  readonly author: string;
  readonly amount: bigint;
}

/**
 * Answers that count: those that were paid for, each receipt once, whatever the log says twice. Where the server collects, the log says
 * of each what was taken for it; else all are paid for where the policy says that something is collected.
 */
export function paidAnswers(answers: readonly CountedAnswer[], usage: UsagePolicy): CountedAnswer[] {
  const seen = new Set<string>();
  return answers.filter(
    (answer) => feeFor(answer, usage) > 0n && !seen.has(answer.receipt) && seen.add(answer.receipt),
  );
}

/** What was taken for an answer by these rules; units. */
export function feeFor({ fee }: CountedAnswer, usage: UsagePolicy): bigint {
  return usage.feeBy === 'server' ? BigInt(fee ?? '0') : usage.fee;
}

/**
 * What authors earn by use, in the order of their keys. Answers of one payer by experts of one author are one sum with one cap, so
 * that more experts do not earn more; what a payer's answers earn together stays below the fees of these answers, and is nothing
 * where answers are free: whoever asked themselves would be paid for it.
 */
export function usageEarnings(input: EpochInput, policy: RewardsPolicy, beta: bigint): Earning[] {
  const quality = qualityOf(input.scores, policy.usage);
  const paid = paidAnswers(input.answers, policy.usage);
  const byPayer = grouped(paid, ({ payer }) => payer).flatMap(([, answers]) =>
    withinFees(earnedByPayer(answers, policy, { at: input.at, beta, quality }), answers, policy),
  );
  return grouped(byPayer, ({ author }) => author)
    .map(([author, parts]): Earning => ({
      ...{ account: keyAccount(author), kind: 'usage', reference: null },
      amount: parts.reduce((sum, { amount }) => sum + amount, 0n),
    }))
    .filter(({ amount }) => amount > 0n);
}

interface Terms {
  readonly at: number;
  readonly beta: bigint;
  readonly quality: ReadonlyMap<string, bigint>;
}

function earnedByPayer(
  answers: readonly CountedAnswer[],
  policy: RewardsPolicy,
  { at, beta, quality }: Terms,
): Earned[] {
  const parts = answers.flatMap((answer) =>
    answer.parts.map(({ author, part }) => ({ author, part, answer })),
  );
  return grouped(parts, ({ author }) => author).map(([author, own]) => {
    const usage = {
      calls: own.reduce((sum, { part }) => sum + BigInt(part), 0n),
      latencyMs: BigInt(median(own.map(({ answer }) => answer.tookMs))!),
      quality: quality.get(author) ?? 0n,
      ageMs: at - own.reduce((last, { answer }) => Math.max(last, answer.finishedAt), 0),
    };
    return { author, amount: usageReward(policy, usage, beta) };
  });
}

/** The same, made smaller in proportion where it exceeds what the fees of these answers allow. */
function withinFees(
  earned: readonly Earned[],
  answers: readonly CountedAnswer[],
  { usage }: RewardsPolicy,
): Earned[] {
  const fees = answers.reduce((sum, answer) => sum + feeFor(answer, usage), 0n);
  const most = timesPpm(fees, usage.mostOfFee);
  const amounts = earned.map(({ amount }) => amount);
  if (amounts.reduce((sum, amount) => sum + amount, 0n) <= most) return [...earned];
  const shares = splitByWeight(most, amounts);
  return earned.map(({ author }, i) => ({ author, amount: shares[i] }));
}
