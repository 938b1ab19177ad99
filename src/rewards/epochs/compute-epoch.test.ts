import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import { applyBatch } from '../ledger/apply-batch.js';
import { openedAccount } from '../ledger/account.js';
import { LedgerState } from '../ledger/ledger-state.js';
import { parseBly } from '../policy/fixed-point.js';
import { defaultRewardsFile, readRewardsPolicy } from '../policy/policy-in-force.js';
import { OWED } from './accounts.js';
import { computeEpoch, MOST_PAID, sumOf, type Payouts } from './compute-epoch.js';
import type { CountedAnswer, CountedScore, CountedVerdict, EpochInput } from './epoch-input.js';
import { firstState, readState, stateJson, type EpochState } from './epoch-state.js';
import { epochBatch } from './epoch-transfers.js';

const bly = (amount: string) => parseBly(amount)!;
const shipped = unwrap(readRewardsPolicy(defaultRewardsFile()));
const FEE = bly('0.001');
/** The policy of the installation where answers cost something. */
const policy = { ...shipped, usage: { ...shipped.usage, fee: FEE } };
const AT = Date.UTC(2026, 5, 1);
const ONE = 1_000_000;
const payer = (n: number) => n.toString(16).padStart(32, '0');

const inputOf = (parts: Partial<EpochInput>): EpochInput => ({
  ...{ range: { first: 0, end: 10 }, at: AT, verdicts: [], answers: [], scores: [] },
  ...parts,
});
const verdictOf = (parts: Partial<CountedVerdict> = {}): CountedVerdict => ({
  ...{ leaf: 1, block: 'b', submission: 's', author: 'ada', fall: 25_000, datasets: [] },
  ...parts,
});
/** Answers of one payer by one author's experts, each after half a second and paid for. */
const answersOf = (count: number, from = payer(1), author = 'ada', part = ONE): CountedAnswer[] =>
  Array.from({ length: count }, (_, leaf) => ({
    ...{ leaf, receipt: `${from} ${author} ${leaf}`, payer: from, finishedAt: AT, tookMs: 500 },
    ...{ parts: [{ author, part }], fee: String(FEE) },
  }));
/** The same answers, for which nothing was taken. */
const unpaid = (answers: readonly CountedAnswer[]): CountedAnswer[] =>
  answers.map(({ fee: _, ...answer }) => answer);
const compute = (parts: Partial<EpochInput>, before: EpochState = firstState(policy)): Payouts =>
  computeEpoch(inputOf(parts), policy, before);
const amounts = ({ earned }: Payouts) => earned.map(({ account, kind, amount }) => [account, kind, amount]);

describe('rewards of learning', () => {
  it('are 20,000 BLY per percent and the catalyst on top, once for a submission', () => {
    const payouts = compute({ verdicts: [verdictOf(), verdictOf({ leaf: 2 })] });
    expect(amounts(payouts)).toEqual([
      ['key:ada', 'learning', bly('50000')],
      ['key:ada', 'catalyst', bly('400000')],
    ]);
    expect(payouts.after.catalystSpent).toBe(bly('400000'));
    expect(payouts.paid).toEqual([{ account: 'key:ada', amount: bly('450000') }]);
  });

  it('are shared with those who gave the data, by expected gain', () => {
    const sets = [
      { block: 'd1', creator: 'account:eve', gain: 300_000 },
      { block: 'd2', creator: 'account:kim', gain: 100_000 },
      { block: 'd3', creator: 'account:lee', gain: 0 },
    ];
    expect(amounts(compute({ verdicts: [verdictOf({ datasets: sets })] }))).toEqual([
      ['key:ada', 'learning', bly('45000')],
      ['key:ada', 'catalyst', bly('360000')],
      ['account:eve', 'dataset', bly('33750')],
      ['account:kim', 'dataset', bly('11250')],
    ]);
    const unmeasured = sets.map((set) => ({ ...set, gain: 0 }));
    const { earned } = compute({ verdicts: [verdictOf({ datasets: unmeasured })] });
    expect(earned.slice(2).map(({ amount }) => amount)).toEqual([bly('15000'), bly('15000'), bly('15000')]);
  });

  it('are shared by what was learnt of the documents that were shown, whatever was expected of the sets', () => {
    const sets = [
      { block: 'd1', creator: 'account:eve', gain: 300_000, tokens: 10 },
      { block: 'd2', creator: 'account:kim', gain: 0, tokens: 30 },
      { block: 'd3', creator: 'account:lee', gain: 900_000, tokens: 0 },
    ];
    const earnedOf = (shown: number, datasets = sets) =>
      amounts(compute({ verdicts: [verdictOf({ datasets, shown })] }));
    expect(earnedOf(40)).toEqual([
      ['key:ada', 'learning', bly('45000')],
      ['key:ada', 'catalyst', bly('360000')],
      ['account:eve', 'dataset', bly('11250')],
      ['account:kim', 'dataset', bly('33750')],
    ]);
    // Half of them are the author's own.
    expect(earnedOf(80)).toEqual([
      ['key:ada', 'learning', bly('47500')],
      ['key:ada', 'catalyst', bly('380000')],
      ['account:eve', 'dataset', bly('5625')],
      ['account:kim', 'dataset', bly('16875')],
    ]);
    expect(earnedOf(80, []).map(([account]) => account)).toEqual(['key:ada', 'key:ada']);
  });

  it('of a round are shared by those whose updates it was made of, to the last unit', () => {
    const members = [
      { author: 'ada', weight: 900_000 },
      { author: 'bob', weight: 600_000 },
      { author: 'eve', weight: 0 },
    ];
    const made = compute({ verdicts: [verdictOf({ author: 'node', members })] });
    expect(amounts(made)).toEqual([
      ['key:ada', 'learning', bly('30000')],
      ['key:bob', 'learning', bly('20000')],
      ['key:ada', 'catalyst', bly('240000')],
      ['key:bob', 'catalyst', bly('160000')],
    ]);
    const none = members.map((member) => ({ ...member, weight: 0 }));
    const { earned } = compute({ verdicts: [verdictOf({ members: none, fall: 1 })] });
    const learnt = earned.filter(({ kind }) => kind === 'learning');
    expect(learnt.map(({ amount }) => amount).reduce((sum, amount) => sum + amount)).toBe(bly('2'));
    expect(learnt.map(({ amount }) => amount)).toEqual([666_666_667n, 666_666_667n, 666_666_666n]);
  });
});

describe('rewards of use', () => {
  it('are capped for a payer and an author, however many answers there are', () => {
    const earnedBy = (count: number) => sumOf(compute({ answers: answersOf(count) }).earned);
    // 100 answers: base 0.01 × 1 × (2 − 0.5) = 0.015; at most twice that.
    expect([earnedBy(50), earnedBy(100), earnedBy(200), earnedBy(5_000)]).toEqual(
      ['0.0075', '0.015', '0.03', '0.03'].map(bly),
    );
  });

  it('count a receipt once, and of an answer only the part an author made', () => {
    const once = answersOf(100);
    expect(compute({ answers: [...once, ...once] }).earned).toEqual(compute({ answers: once }).earned);
    const quarter = answersOf(100, payer(1), 'ada', ONE / 4);
    expect(sumOf(compute({ answers: quarter }).earned)).toBe(bly('0.00375'));
  });

  it('never reach the fee of the answers', () => {
    const dear = { ...policy, usage: { ...policy.usage, base: bly('5') } };
    const input = inputOf({ answers: [...answersOf(60), ...answersOf(40, payer(1), 'bob')] });
    const { earned } = computeEpoch(input, dear, firstState(policy));
    expect(sumOf(earned)).toBe(bly('0.09'));
    expect(earned.map(({ account, amount }) => [account, amount])).toEqual([
      ['key:ada', bly('0.054')],
      ['key:bob', bly('0.036')],
    ]);
  });

  it('are nothing where answers are free, as the installation is shipped, and demand says nothing then', () => {
    const input = inputOf({ answers: unpaid([...answersOf(100), ...answersOf(100, payer(2), 'bob')]) });
    const { earned, after } = computeEpoch(input, shipped, firstState(shipped));
    expect(earned).toEqual([]);
    expect(after).toMatchObject({ alpha: shipped.alpha.start, beta: shipped.beta.start });
  });

  it('are only for answers of which the log says what was taken, whatever the policy says is taken by now', () => {
    const paid = [...answersOf(10), ...answersOf(10, payer(2), 'bob')];
    const many = Array.from({ length: 300 }, (_, i) => answersOf(1, payer(100 + i), 'eve')).flat();
    const mixed = compute({ answers: [...paid, ...unpaid(many)] });
    expect([mixed.earned, mixed.after]).toEqual([
      compute({ answers: paid }).earned,
      compute({ answers: paid }).after,
    ]);
    expect(sumOf(mixed.earned)).toBeGreaterThan(0n);
    const input = inputOf({ answers: paid });
    expect(computeEpoch(input, shipped, firstState(shipped)).earned).toEqual(mixed.earned);
  });

  it('are for every answer where the policy says that somebody else collects', () => {
    const elsewhere = { ...policy, usage: { ...policy.usage, feeBy: 'elsewhere' as const } };
    const input = inputOf({ answers: unpaid(answersOf(100)) });
    const { earned, after } = computeEpoch(input, elsewhere, firstState(policy));
    expect([sumOf(earned), after.beta]).toEqual([bly('0.015'), 950_000n]);
  });

  it('grow with the median of scores, which neither a few nor one loud payer move', () => {
    const scoresOf = (...given: [number, number][]): CountedScore[] =>
      given.map(([from, score], leaf) => ({
        ...{ leaf, receipt: `r${leaf}`, payer: payer(from), score, parts: [{ author: 'ada', part: ONE }] },
      }));
    const earned = (scores: CountedScore[]) => sumOf(compute({ answers: answersOf(100), scores }).earned);
    const base = bly('0.015');
    expect(earned(scoresOf([1, ONE], [2, ONE]))).toBe(base);
    expect(earned(scoresOf([1, ONE], [1, ONE], [1, ONE], [1, ONE]))).toBe(base);
    expect(earned(scoresOf([1, 500_000], [2, 500_000], [3, 500_000]))).toBe((base * 3n) / 2n);
    // The extremes count as 400,000 and 600,000.
    expect(earned(scoresOf([1, 0], [2, 500_000], [3, ONE]))).toBe((base * 3n) / 2n);
    expect(earned(scoresOf([1, 500_000], [2, 500_000], [3, 500_000], [4, ONE], [4, ONE]))).toBe(
      (base * 1_525_000n) / 1_000_000n,
    );
  });
});

describe('an epoch', () => {
  it('pays from half a BLY on and hands on the rest', () => {
    const first = compute({ answers: answersOf(200) });
    expect([first.paid, first.after.owed]).toEqual([[], new Map([['key:ada', bly('0.03')]])]);
    const owed = new Map([
      ['key:ada', bly('0.48')],
      ['key:bob', bly('0.47')],
    ]);
    const both = [...answersOf(200), ...answersOf(100, payer(2), 'bob')];
    const { paid, after } = compute({ answers: both }, { ...firstState(policy), owed });
    expect(paid).toEqual([{ account: 'key:ada', amount: bly('0.51') }]);
    expect(after.owed).toEqual(new Map([['key:bob', bly('0.485')]]));
  });

  it('makes everything smaller in proportion where the year has too little left', () => {
    const before = { ...firstState(policy), year: 2026, yearBudget: 1_000n, yearIssued: 900n };
    const two = [verdictOf(), verdictOf({ submission: 't', author: 'bob', fall: 75_000 })];
    const { earned, after } = compute({ verdicts: two }, before);
    expect(sumOf(earned)).toBe(100n);
    expect([after.yearIssued, after.yearBudget]).toEqual([1_000n, 1_000n]);
    expect(compute({ verdicts: two }, after).earned).toEqual([]);
  });

  it('gives a new year a new budget until the supply is spent', () => {
    const years = Array.from({ length: 12 }, (_, i) => Date.UTC(2026 + i, 0, 1));
    let state = firstState(policy);
    const budgets = years.map((at) => {
      state = computeEpoch(inputOf({ at }), policy, state).after;
      return state.yearBudget;
    });
    expect(budgets).toEqual([...Array<bigint>(10).fill(policy.yearlyCap), 0n, 0n]);
    expect(state.budgeted).toBe(policy.supply);
  });

  it('pays what it owes when the supply is spent, and when the policy changed', () => {
    const owed = new Map([['key:ada', bly('2')]]);
    const last = compute({}, { ...firstState(policy), year: 2026, budgeted: policy.supply, owed });
    expect(epochBatch(7, last, policy)?.transfers).toEqual([
      expect.objectContaining({ debit: OWED, credit: 'key:ada', amount: bly('2'), linked: false }),
    ]);
    const ledger = new LedgerState([]);
    const first = compute({ verdicts: [verdictOf()] });
    apply(ledger, 1, first);
    const smaller = { ...policy, yearlyCap: policy.yearlyCap / 2n };
    const second = computeEpoch(inputOf({ verdicts: [verdictOf()] }), smaller, first.after);
    apply(ledger, 2, second, smaller);
  });

  it('moves the coefficients with demand, but not while nobody asks', () => {
    const state = firstState(policy);
    expect(compute({}).after).toMatchObject({ alpha: state.alpha, beta: state.beta });
    const many = Array.from({ length: 150 }, (_, i) => answersOf(1, payer(i))).flat();
    expect(compute({ answers: many }).after).toMatchObject({ alpha: 1_050_000n, beta: 950_000n });
  });

  it('pays so many accounts at most that it fits into a batch, the most first', () => {
    const owed = new Map(Array.from({ length: MOST_PAID + 2 }, (_, i) => [`key:${i}`, bly('1') + BigInt(i)]));
    const { paid, after } = compute({}, { ...firstState(policy), owed });
    expect(paid).toHaveLength(MOST_PAID);
    expect([...after.owed.keys()].sort()).toEqual(['key:0', 'key:1']);
  });

  it('has a state that JSON carries whole', () => {
    const { after } = compute({ verdicts: [verdictOf()], answers: answersOf(20, payer(1), 'bob') });
    expect(after.owed.size).toBe(1);
    expect(readState(JSON.parse(JSON.stringify(stateJson(after))))).toEqual(after);
    const json = stateJson(after) as object;
    for (const wrong of [null, {}, { ...json, alpha: '-1' }, { ...json, owed: { a: 1 } }])
      expect(readState(wrong)).toBeNull();
  });
});

const verdicts = fc.array(
  fc.record({ author: fc.constantFrom('ada', 'bob', 'eve'), fall: fc.integer({ min: 0, max: ONE }) }),
  { maxLength: 12 },
);
const uses = fc.array(
  fc.record({
    from: fc.integer({ min: 1, max: 3 }),
    author: fc.constantFrom('ada', 'bob'),
    count: fc.integer({ min: 0, max: 300 }),
  }),
  { maxLength: 6 },
);

describe('any epochs', () => {
  it('issue within the budget, lose no unit, and are taken by the ledger', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(verdicts, uses), { minLength: 1, maxLength: 4 }), (epochs) => {
        const ledger = new LedgerState([]);
        let state = firstState(policy);
        for (const [number, [drawn, used]] of epochs.entries()) {
          const input = inputOf({
            verdicts: drawn.map((parts, i) => verdictOf({ ...parts, submission: `${number} ${i}` })),
            answers: used.flatMap(({ from, author, count }) => answersOf(count, payer(from), author)),
          });
          const payouts = computeEpoch(input, policy, state);
          expect(computeEpoch(input, policy, state)).toEqual(payouts);
          const owedBefore = [...state.owed.values()].reduce((sum, units) => sum + units, 0n);
          const owedAfter = [...payouts.after.owed.values()].reduce((sum, units) => sum + units, 0n);
          expect(owedBefore + sumOf(payouts.earned)).toBe(owedAfter + sumOf(payouts.paid));
          expect(payouts.after.yearIssued <= payouts.after.yearBudget).toBe(true);
          expect(payouts.after.catalystSpent <= bly('12000000')).toBe(true);
          apply(ledger, number + 1, payouts);
          const owed = ledger.account(OWED);
          expect(owed === undefined ? 0n : owed.creditsPosted - owed.debitsPosted).toBe(owedAfter);
          state = payouts.after;
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Makes the transfers of an epoch, and once more: the second time changes nothing. */
function apply(ledger: LedgerState, epoch: number, payouts: Payouts, inForce = policy): void {
  const batch = epochBatch(epoch, payouts, inForce);
  if (batch === null) return;
  expect(epochBatch(epoch, payouts, inForce)).toEqual(batch);
  for (const account of batch.accounts)
    if (ledger.account(account.id) === undefined) ledger.open(openedAccount(account));
  expect(applyBatch(ledger, batch.transfers, 0).filter(({ ok }) => !ok)).toEqual([]);
  const again = applyBatch(ledger, batch.transfers, 0);
  expect(again.every((result) => result.ok && !result.created)).toBe(true);
}
