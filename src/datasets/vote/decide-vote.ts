import type { DatasetTier } from '../registry/stages.js';
import type { Tally, VoteState } from './vote-state.js';

/** Share of active accounts that must vote. */
const QUORUM_SHARE = 0.01;
/** Least share of votes in favour for each tier, best first. */
const TIER_SHARES: readonly (readonly [DatasetTier, number])[] = [
  ['gold', 0.75],
  ['silver', 0.6],
  ['experimental', 0.4],
];

/** What becomes of a vote. */
export type VoteOutcome =
  | { readonly is: 'open' }
  | { readonly is: 'extended' }
  | { readonly is: 'approved'; readonly tier: DatasetTier }
  | { readonly is: 'rejected'; readonly reason: 'VOTE_QUORUM' | 'VOTE_SHARE' };

/** Votes a vote needs to count among so many active accounts; at least one. */
export function quorumOf(activeAccounts: number): number {
  return Math.max(1, Math.ceil(activeAccounts * QUORUM_SHARE));
}

/** What becomes of a vote at a time: under its quorum it is extended once, then rejected. */
export function decideVote(vote: VoteState, { yes, no }: Tally, now: number): VoteOutcome {
  if (now < vote.ends_at) return { is: 'open' };
  const all = yes + no;
  if (all < vote.quorum)
    return vote.extended ? { is: 'rejected', reason: 'VOTE_QUORUM' } : { is: 'extended' };
  // In whole numbers: 3 of 4 are exactly 75 %.
  const tier = TIER_SHARES.find(([, share]) => yes * 100 >= Math.round(share * 100) * all)?.[0];
  return tier === undefined ? { is: 'rejected', reason: 'VOTE_SHARE' } : { is: 'approved', tier };
}
