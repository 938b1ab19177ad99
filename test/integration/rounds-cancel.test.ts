import { unwrap } from '../../src/common/index.js';
import { codeOf, openRounds, type RoundsUnderTest } from './rounds-support.js';

let rounds: RoundsUnderTest;
beforeAll(async () => {
  rounds = await openRounds();
});
afterAll(() => rounds.chain.close());
beforeEach(async () => {
  await rounds.chain.dataSource.query('TRUNCATE learning_rounds, learning_round_members, log_entries');
});

const announcer = { account: 'announcer', guardian: false, reason: 'the wrong expert' };
const guardian = { account: 'somebody', guardian: true, reason: 'abuse' };

describe('cancelling a round', () => {
  it('is for who announced it, once, with one entry in the log', async () => {
    const { announced, cancellation, desk, joined, kinds, store } = rounds;
    const id = await announced();
    expect(codeOf(await cancellation.cancel(id, { ...announcer, account: 'account 1' }))).toBe(
      'ROUND_FOREIGN',
    );
    expect(unwrap(await store.one(id)).state).toBe('announced');
    const both = await Promise.all([cancellation.cancel(id, announcer), cancellation.cancel(id, guardian)]);
    expect(both.map(codeOf)).toEqual(['ok', 'ok']);
    const cancelled = unwrap(await cancellation.cancel(id, { ...announcer, reason: 'another reason' }));
    expect(cancelled).toMatchObject({ state: 'failed', code: 'ROUND_CANCELLED' });
    expect(['the wrong expert', 'abuse']).toContain(cancelled.detail);
    expect(await kinds()).toEqual(['', '.cancelled']);
    expect(codeOf(await joined(id, 0))).toBe('ROUND_CLOSED');
    expect(codeOf(await cancellation.cancel(id, { ...announcer, account: 'account 1' }))).toBe(
      'ROUND_FOREIGN',
    );
    expect((await desk.announce('announcer', cancelled.terms)).ok).toBe(true);
  });

  it('is for guardians alone as soon as an update is shown, and for nobody after the end', async () => {
    const { advance, cancellation, revealed, revealing, store } = rounds;
    const [id, other] = [await revealing(3), await revealing(3)];
    unwrap(await revealed(id, 0));
    expect(codeOf(await cancellation.cancel(other, announcer))).toBe('ok');
    expect(codeOf(await cancellation.cancel(id, announcer))).toBe('ROUND_SHOWN');
    expect(codeOf(await cancellation.cancel(id, guardian))).toBe('ok');
    expect(codeOf(await revealed(id, 1))).toBe('ROUND_CLOSED');
    const done = await revealing(3);
    for (const who of [0, 1, 2]) unwrap(await revealed(done, who));
    expect([await advance(done), await advance(done)]).toEqual(['aggregated', 'submitted']);
    expect(codeOf(await cancellation.cancel(done, guardian))).toBe('ROUND_CLOSED');
    expect(unwrap(await store.one(done)).code).toBeNull();
  });

  it('wins over a result that is made at the same time', async () => {
    const { cancellation, kinds, revealed, revealing, steps, store } = rounds;
    const id = await revealing(3);
    for (const who of [0, 1, 2]) unwrap(await revealed(id, who));
    const row = unwrap(await store.one(id));
    unwrap(await cancellation.cancel(id, guardian));
    expect(codeOf(await steps.step(row))).toBe('ok');
    expect(unwrap(await store.one(id))).toMatchObject({ state: 'failed', outcome: null });
    expect(await kinds()).not.toContain('.aggregated');
  });

  it('wins over a result that is handed in at the same time, and nobody is told that it was', async () => {
    const { advance, cancellation, chain, kinds, revealed, revealing, steps, store } = rounds;
    const id = await revealing(3);
    for (const who of [0, 1, 2]) unwrap(await revealed(id, who));
    expect(await advance(id)).toBe('aggregated');
    const row = unwrap(await store.one(id));
    const told: string[] = [];
    const unwatch = chain.events.on('round.changed', ({ state }) => told.push(state));
    unwrap(await cancellation.cancel(id, guardian));
    expect(codeOf(await steps.step(row))).toBe('ok');
    unwatch();
    expect(told).toEqual(['failed']);
    expect(unwrap(await store.one(id))).toMatchObject({ state: 'failed', submission: null });
    expect(await kinds()).not.toContain('.submitted');
  });
});
