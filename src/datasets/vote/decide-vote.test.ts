import { decideVote, quorumOf } from './decide-vote.js';
import type { VoteState } from './vote-state.js';

const vote: VoteState = { round: 1, opened_at: 0, ends_at: 100, quorum: 4, extended: false, tally: null };

it.each([
  [0, 1],
  [1, 1],
  [100, 1],
  [101, 2],
  [12_345, 124],
])('of %i active accounts %i must vote', (active, quorum) => expect(quorumOf(active)).toBe(quorum));

it('stays open until its end, however many have voted', () => {
  expect(decideVote(vote, { yes: 1000, no: 0 }, 99)).toEqual({ is: 'open' });
  expect(decideVote(vote, { yes: 1000, no: 0 }, 100)).toEqual({ is: 'approved', tier: 'gold' });
});

it('is extended once under its quorum, then rejected', () => {
  expect(decideVote(vote, { yes: 3, no: 0 }, 100)).toEqual({ is: 'extended' });
  const extended = { ...vote, extended: true };
  expect(decideVote(extended, { yes: 3, no: 0 }, 100)).toEqual({ is: 'rejected', reason: 'VOTE_QUORUM' });
  expect(decideVote(extended, { yes: 4, no: 0 }, 100)).toEqual({ is: 'approved', tier: 'gold' });
});

it.each([
  [75, 25, 'gold'],
  [3, 1, 'gold'],
  [7499, 2501, 'silver'],
  [60, 40, 'silver'],
  [3, 2, 'silver'],
  [5999, 4001, 'experimental'],
  [2, 3, 'experimental'],
  [40, 60, 'experimental'],
])('%i for and %i against make %s', (yes, no, tier) =>
  expect(decideVote(vote, { yes, no }, 100)).toEqual({ is: 'approved', tier }),
);

it.each([
  [3999, 6001],
  [0, 4],
])('%i for and %i against are too few', (yes, no) =>
  expect(decideVote(vote, { yes, no }, 100)).toEqual({ is: 'rejected', reason: 'VOTE_SHARE' }),
);
