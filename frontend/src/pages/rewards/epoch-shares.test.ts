import { sharesOf, stateOf } from './epoch-shares.js';

const earned = (account: string, amount: string, kind: 'learning' | 'catalyst' = 'learning') => ({
  ...{ account, amount, kind, reference: null },
});
const after = { alpha: '1', beta: '1', year: 2026, year_budget: '0', year_issued: '0', owed: {} };

describe('shares of an epoch', () => {
  it('are one for each account: what it earned, was paid, and has left', () => {
    const shares = sharesOf({
      earned: [earned('a', '9007199254740993'), earned('a', '1', 'catalyst'), earned('b', '5')],
      paid: [{ account: 'a', amount: '9007199254740999' }],
      after: { ...after, owed: { b: '7', elsewhere: '1' } },
    });
    expect(shares).toEqual([
      { account: 'a', earned: '9007199254740994', paid: '9007199254740999', carried: '0' },
      { account: 'b', earned: '5', paid: '0', carried: '7' },
    ]);
  });

  it('come with the most first, then by name', () => {
    const shares = sharesOf({
      earned: [earned('d', '2'), earned('b', '1'), earned('a', '1'), earned('c', '1')],
      paid: [{ account: 'c', amount: '1' }],
      after,
    });
    expect(shares.map(({ account }) => account)).toEqual(['c', 'd', 'a', 'b']);
  });

  it.each([
    ['waits for the log', '1', '1', null],
    ['paid', '1', '1', 3],
    ['paid', '0', '1', 3],
    ['carried over', '1', '0', 0],
    ['nothing earned', '0', '0', 3],
  ])('make the epoch one that is %s', (state, sum, paid, leaf) => {
    expect(stateOf({ totals: { earned: sum, paid }, log_index: leaf })).toBe(state);
  });
});
