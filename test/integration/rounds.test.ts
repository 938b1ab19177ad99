import { ok, unwrap } from '../../src/common/index.js';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { SMALL_TERMS, smallBase, updateOf } from '../support/round-base.js';
import { AUTHORS, codeOf, openRounds, SUBMISSION, type RoundsUnderTest } from './rounds-support.js';

let rounds: RoundsUnderTest;
beforeAll(async () => {
  rounds = await openRounds();
});
afterAll(() => rounds.chain.close());
beforeEach(async () => {
  await rounds.chain.dataSource.query('TRUNCATE learning_rounds, learning_round_members, log_entries');
});

describe('a round', () => {
  it('goes from announcement to submission, with an entry in the log for every change', async () => {
    const { store, revealed, advance, revealing, kinds } = rounds;
    const id = await revealing(4);
    for (const who of [2, 0, 3]) unwrap(await revealed(id, who));
    expect(await advance(id)).toBe('aggregated');
    const { outcome } = unwrap(await store.one(id));
    expect(outcome?.members.map(({ author }) => author).sort()).toEqual(
      [AUTHORS[0], AUTHORS[2], AUTHORS[3]].sort(),
    );
    expect(outcome?.absent).toEqual([AUTHORS[1]]);
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    expect(codeOf(await revealed(id, 1))).toBe('ROUND_CLOSED');
    expect(await advance(id)).toBe('submitted');
    expect(unwrap(await store.one(id)).submission).toBe(SUBMISSION);
    const [joins, commits, shown] = ['.joined', '.committed', '.revealed'];
    expect(await kinds()).toEqual([
      ...['', joins, joins, joins, joins, '.committing', commits, commits, commits, commits],
      ...['.revealing', shown, shown, shown, '.aggregated', '.submitted'],
    ]);
    const made = await store.shown(id);
    expect(made.map(({ commitment }) => commitment)).toEqual(made.map((each) => each.commitment).sort());
  });

  it('is moved once, however many processes see that its time is over', async () => {
    const { store, steps, revealed, revealing, kinds } = rounds;
    const id = await revealing(3);
    for (const who of [0, 1, 2]) unwrap(await revealed(id, who));
    const row = unwrap(await store.one(id));
    expect(row.isOver).toBe(true);
    const both = await Promise.all([steps.step(row), steps.step(row)]);
    expect(both.map(codeOf)).toEqual(['ok', 'ok']);
    expect((await kinds()).filter((kind) => kind === '.aggregated')).toHaveLength(1);
  });

  it.each(['announced', 'committing', 'revealing'] as const)(
    'fails with fewer than its minimum when it was %s',
    async (at) => {
      const { store, announced, joined, committed, revealed, advance, committing, revealing, kinds } = rounds;
      const id =
        at === 'announced' ? await announced() : await (at === 'committing' ? committing(3) : revealing(3));
      for (const who of [0, 1])
        unwrap(
          await (at === 'announced'
            ? joined(id, who)
            : at === 'committing'
              ? committed(id, who)
              : revealed(id, who)),
        );
      expect(await advance(id)).toBe('failed');
      expect(unwrap(await store.one(id))).toMatchObject({ code: 'ROUND_TOO_FEW', outcome: null });
      expect((await kinds()).at(-1)).toBe('.failed');
    },
  );

  it('ends a state at once when nobody is waited for any more', async () => {
    const { store, announced, joined, committed, advance } = rounds;
    const over = async (id: string) => unwrap(await store.one(id)).isOver;
    const id = await announced({ most: 3 });
    for (const who of [0, 1]) unwrap(await joined(id, who));
    expect(await over(id)).toBe(false);
    unwrap(await joined(id, 2));
    expect(await over(id)).toBe(true);
    expect(codeOf(await joined(id, 3))).toBe('ROUND_CLOSED');
    await advance(id);
    for (const who of [0, 1]) unwrap(await committed(id, who));
    expect(await over(id)).toBe(false);
    unwrap(await committed(id, 2));
    expect(await over(id)).toBe(true);
  });
});

describe('the door of rounds', () => {
  it('lets an account in once, with one key, while the round is announced', async () => {
    const { store, announced, joined, committed } = rounds;
    const id = await announced();
    expect(codeOf(await joined(id, 0))).toBe('ok');
    expect(codeOf(await joined(id, 0))).toBe('ok');
    expect(codeOf(await joined(id, 0, 'another account'))).toBe('ROUND_MEMBER');
    expect(codeOf(await joined(id, 1, 'account 0'))).toBe('ROUND_MEMBER');
    expect(unwrap(await store.one(id)).counts).toEqual({ members: 1, committed: 0, revealed: 0 });
    expect(codeOf(await committed(id, 0))).toBe('ROUND_CLOSED');
    expect(codeOf(await joined(`round_${'0'.repeat(32)}`, 0))).toBe('ROUND_NOT_FOUND');
  });

  it('takes one commitment of each member, in time', async () => {
    const { chain, store, updates, committed, revealed, committing } = rounds;
    const id = await committing(3);
    expect(codeOf(await committed(id, 5))).toBe('ROUND_NO_MEMBER');
    expect(codeOf(await committed(id, 0))).toBe('ok');
    expect(codeOf(await committed(id, 0))).toBe('ok');
    expect(codeOf(await committed(id, 0, updates[4]))).toBe('ROUND_COMMITTED');
    expect(unwrap(await store.one(id)).counts.committed).toBe(1);
    await chain.dataSource.query(`UPDATE learning_rounds SET due_at = now() WHERE id = $1`, [id]);
    expect(codeOf(await committed(id, 1))).toBe('ROUND_CLOSED');
    expect(codeOf(await revealed(id, 0))).toBe('ROUND_CLOSED');
    // what follows is tried again later: nobody gets in meanwhile
    await store.postpone(unwrap(await store.one(id)), 60_000);
    expect(codeOf(await committed(id, 1))).toBe('ROUND_CLOSED');
  });

  it('is not put off by what was tried in a state before', async () => {
    const { store, committed, advance, committing } = rounds;
    const id = await committing(3);
    const before = unwrap(await store.one(id));
    for (const who of [0, 1, 2]) unwrap(await committed(id, who));
    expect(await advance(id)).toBe('revealing');
    await store.postpone(before, 60_000);
    expect(unwrap(await store.one(id))).toMatchObject({ state: 'revealing', attempts: 0, isOver: false });
  });

  it('takes only what was committed to, by who committed to it', async () => {
    const { store, updates, committed, revealed, advance, committing } = rounds;
    const id = await committing(4);
    for (const who of [0, 1]) unwrap(await committed(id, who));
    // what somebody else has committed to is worth nothing to a copier, and two may not show the same
    unwrap(await committed(id, 2, updates[0], AUTHORS[0]));
    expect(await advance(id)).toBe('revealing');
    expect(codeOf(await revealed(id, 0, updates[1]))).toBe('ROUND_REVEAL_DIFFERS');
    expect(codeOf(await revealed(id, 3))).toBe('ROUND_NOT_COMMITTED');
    expect(codeOf(await revealed(id, 0, new Uint8Array(100_001)))).toBe('ROUND_UPDATE_SIZE');
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    expect(codeOf(await revealed(id, 2, updates[0]))).toBe('ROUND_REVEAL_DIFFERS');
    expect(await store.update(id, nativeSha256Hex(updates[0]))).toEqual(ok(updates[0]));
    expect(codeOf(await store.update(id, 'f'.repeat(64)))).toBe('ROUND_UPDATE_UNKNOWN');
  });

  it('does not count the same update twice', async () => {
    const { store, updates, revealed, revealing } = rounds;
    const id = await revealing(3, [updates[0], updates[0], updates[2]]);
    expect(codeOf(await revealed(id, 0))).toBe('ok');
    const member = async () => (await store.members(id)).find(({ author }) => author === AUTHORS[1]);
    expect(codeOf(await revealed(id, 1, updates[0]))).toBe('ROUND_UPDATE_COPY');
    expect(codeOf(await revealed(id, 1, updates[0]))).toBe('ROUND_UPDATE_COPY');
    expect(await member()).toMatchObject({ update: null, code: 'ROUND_UPDATE_COPY' });
    expect(unwrap(await store.one(id)).counts.revealed).toBe(1);
  });

  it('notes what can never be taken, by name, and waits for its author no more', async () => {
    const { store, updates, revealed, advance, revealing, kinds } = rounds;
    const base = await smallBase();
    const [huge, notFinite] = [updateOf(base, () => 1_000), updateOf(base, () => NaN)];
    const bytes = [huge, notFinite, new Uint8Array(50), ...updates];
    const id = await revealing(3, bytes);
    const refused = ['UPDATE_TOO_LARGE', 'UPDATE_NOT_FINITE', 'DELTA_FORMAT'];
    for (const [who, code] of refused.entries()) {
      expect(codeOf(await revealed(id, who, bytes[who]))).toBe(code);
      if (who < 2) expect(codeOf(await revealed(id, who, bytes[who]))).toBe(code);
    }
    const members = await store.members(id);
    expect(members.map(({ author, code }) => [author, code]).sort()).toEqual(
      refused.map((code, who) => [AUTHORS[who], code]).sort(),
    );
    expect((await kinds()).filter((kind) => kind === '.refused')).toHaveLength(3);
    expect(unwrap(await store.one(id)).isOver).toBe(true);
    expect(await advance(id)).toBe('failed');
  });

  it('announces only what can be worked on, and not too much at once', async () => {
    const { desk } = rounds;
    const code = async (changes: object) =>
      codeOf(await desk.announce('someone', { ...SMALL_TERMS, ...changes }));
    expect(await code({ seed: 7 })).toBe('ROUND_TERMS');
    expect(await code({ minimum: 2 })).toBe('AGGREGATION_BOUND');
    expect(await code({ model: 'other' })).toBe('SEALED_SET_MISSING');
    expect(await code({ release: 'a'.repeat(64) })).toBe('RELEASE_NOT_FOUND');
    expect(await code({ datasets: ['a'.repeat(64)] })).toBe('SUBMISSION_DATASET');
    for (let round = 0; round < 4; round++) expect(await code({ seed: String(round) })).toBe('ok');
    expect(await code({ seed: 'more' })).toBe('ROUND_QUOTA');
    expect(codeOf(await desk.announce('someone else', SMALL_TERMS))).toBe('ok');
  });
});
