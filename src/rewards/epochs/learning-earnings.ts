import { splitByWeight, timesPpm } from '../policy/fixed-point.js';
import type { RewardsPolicy } from '../policy/rewards-policy.js';
import { catalystBonus, learningReward } from '../policy/rewards.js';
import { keyAccount } from './accounts.js';
import type { Earning } from './earning.js';
import type { CountedDataset, CountedMember, CountedVerdict } from './epoch-input.js';
import type { EpochState } from './epoch-state.js';

/**
 * What accepted submissions earn, in the order of the log: the reward for the fall of the loss, the catalyst pool's addition, and
 * of both the share of those who gave the datasets. A submission counts once.
 */
export function learningEarnings(
  verdicts: readonly CountedVerdict[],
  policy: RewardsPolicy,
  { alpha, catalystSpent }: EpochState,
): Earning[] {
  const seen = new Set<string>();
  let spent = catalystSpent;
  return verdicts.flatMap((verdict) => {
    if (seen.has(verdict.submission)) return [];
    seen.add(verdict.submission);
    const reward = learningReward(policy, BigInt(verdict.fall), alpha);
    const bonus = catalystBonus(policy.catalyst, reward, spent);
    spent += bonus;
    const parts = [
      { kind: 'learning', amount: reward },
      { kind: 'catalyst', amount: bonus },
    ] as const;
    return divided(verdict, parts, policy.datasetShare);
  });
}

/**
 * Gives those whose data was used their share, by what was learnt of the shown documents they gave first, and the rest to the author, or to those
 * whose updates a round has made it of. Documents that are in no dataset are the author's own. Where none were shown, those whose sets are
 * named share by the gain that the audit of each set expected of it.
 */
function divided(
  { author, members, block, datasets, shown }: CountedVerdict,
  parts: readonly { readonly kind: 'learning' | 'catalyst'; readonly amount: bigint }[],
  share: bigint,
): Earning[] {
  const given = datasets.reduce((sum, { tokens = 0 }) => sum + BigInt(tokens), 0n);
  const ofData = parts.map(({ amount }) => {
    if (shown !== undefined) return (timesPpm(amount, share) * given) / BigInt(shown);
    return datasets.length === 0 ? 0n : timesPpm(amount, share);
  });
  const own = parts.flatMap(({ kind, amount }, i): Earning[] =>
    sharesOf(amount - ofData[i], author, members).map(([key, share]) => ({
      ...{ account: keyAccount(key), kind, amount: share, reference: block },
    })),
  );
  const total = ofData.reduce((sum, amount) => sum + amount, 0n);
  const shares = splitByWeight(total, weightsOf(datasets, shown));
  const others = datasets.map(({ creator }, i): Earning => ({
    ...{ account: creator, kind: 'dataset', amount: shares[i], reference: block },
  }));
  return [...own, ...others].filter(({ amount }) => amount > 0n);
}

/** To the last unit by what each part counts for; where no part counts for anything, all count the same. */
function sharesOf(
  amount: bigint,
  author: string,
  members: readonly CountedMember[] | undefined,
): (readonly [string, bigint])[] {
  if (members === undefined) return [[author, amount]];
  const counts = members.some(({ weight }) => weight > 0);
  const shares = splitByWeight(
    amount,
    members.map(({ weight }) => (counts ? BigInt(weight) : 1n)),
  );
  return members.map(({ author: key }, i) => [key, shares[i]]);
}

/** What was learnt of the documents that were shown; else the expected gains, and where none is expected of any set, all count the same. */
function weightsOf(datasets: readonly CountedDataset[], shown: number | undefined): bigint[] {
  if (shown !== undefined) return datasets.map(({ tokens = 0 }) => BigInt(tokens));
  const expected = datasets.some(({ gain }) => gain > 0);
  return datasets.map(({ gain }) => (expected ? BigInt(gain) : 1n));
}
