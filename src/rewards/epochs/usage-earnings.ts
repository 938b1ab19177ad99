import { splitByWeight, timesPpm } from '../policy/fixed-point.js';
import type { RewardsPolicy } from '../policy/rewards-policy.js';
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

/** Answers that count: each receipt once, whatever the log says twice. */
export function distinctAnswers(answers: readonly CountedAnswer[]): CountedAnswer[] {
  const seen = new Set<string>();
  return answers.filter(({ receipt }) => !seen.has(receipt) && seen.add(receipt));
}

/**
 * What authors earn by use, in the order of their keys. Answers of one payer by experts of one author are one sum with one cap, so
 * that more experts do not earn more; what a payer's answers earn together stays below the fee of these answers, and is nothing
 * where answers are free: whoever asked themselves would be paid for it.
 */
export function usageEarnings(input: EpochInput, policy: RewardsPolicy, beta: bigint): Earning[] {
  const quality = qualityOf(input.scores, policy.usage);
  const byPayer = grouped(distinctAnswers(input.answers), ({ payer }) => payer).flatMap(([, answers]) =>
    withinFee(earnedByPayer(answers, policy, { at: input.at, beta, quality }), answers.length, policy),
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

/** The same, made smaller in proportion where it exceeds what the fee of so many answers allows. */
function withinFee(
  earned: readonly Earned[],
  answers: number,
  { usage: { fee, mostOfFee } }: RewardsPolicy,
): Earned[] {
  const most = timesPpm(fee * BigInt(answers), mostOfFee);
  const amounts = earned.map(({ amount }) => amount);
  if (amounts.reduce((sum, amount) => sum + amount, 0n) <= most) return [...earned];
  const shares = splitByWeight(most, amounts);
  return earned.map(({ author }, i) => ({ author, amount: shares[i] }));
}
