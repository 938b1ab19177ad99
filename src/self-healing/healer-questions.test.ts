import { jest } from '@jest/globals';
import { away, hung, rules, setup, standing } from '../../test/factories/healer-under-test.js';
import { CodedError } from '../common/index.js';

describe('the healer, where it may not decide by itself', () => {
  it('waits for a guardian, and acts when one approves', async () => {
    const { look, act, events, states } = setup({ answer: 'wait', reason: 'unsure', decision: 'd7' });
    await look(hung);
    expect([act.mock.calls.length, states]).toEqual([0, ['open', 'waiting']]);
    const told = { type: 'healing', action: 'restart_engine' };
    events.emit('decision.changed', { decision: 'another', state: 'approved', ...told });
    events.emit('decision.changed', { decision: 'd7', state: 'approved', ...told });
    await look(hung);
    expect([act.mock.calls.length, states]).toEqual([1, ['open', 'waiting', 'healing', 'verifying']]);
  });

  it.each([
    ['approved', ['open', 'waiting', 'healing', 'verifying'], 1],
    ['rejected', ['open', 'waiting', 'declined'], 0],
    ['expired', ['open', 'waiting', 'declined'], 0],
  ])('goes by an answer that another server heard: %s', async (answer, expected, acted) => {
    const { look, act, stateOf, states, book } = setup({ answer: 'wait', reason: 'unsure', decision: 'd7' });
    await look(hung);
    // While it cannot be read nothing is known.
    stateOf.mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce(standing('waiting'));
    await look(hung);
    await look(hung);
    expect(states).toEqual(['open', 'waiting']);
    stateOf.mockResolvedValue(standing(answer));
    await look(hung);
    expect(stateOf).toHaveBeenLastCalledWith('d7');
    expect([states, act.mock.calls.length]).toEqual([expected, acted]);
    expect(book.raise).toHaveBeenCalledTimes(1 - acted);
  });

  it('uses the remedy that a guardian chose instead, and goes on with the pattern without it', async () => {
    const { look, ask, events, store, sut } = setup({ answer: 'wait', reason: 'unsure', decision: 'd7' });
    const full = { memory: { total: 1, used: 1, share: 1 } };
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    /** A guardian approves; what is used then does not help. */
    const approve = async (action: string) => {
      events.emit('decision.changed', { decision: 'd7', state: 'approved', type: 'healing', action });
      await look(full, 6_000);
      clock.mockReturnValue(performance.now() + rules.memory_high.verify_s * 1000);
      await look(full, 6_000);
      await look(full, 6_000);
    };
    try {
      await look(full, 0);
      await look(full, 6_000);
      const others = ['shrink_caches', 'restart_engine', 'restart_server'];
      expect(ask.mock.calls[0][0]).toMatchObject({
        action: 'run_gc',
        alternatives: others.map((action) => ({
          ...{ action, blastRadius: 'b', blastShare: 0, expectedEffect: 'e', undo: 'u' },
        })),
      });
      await approve('restart_engine');
      await approve('shrink_caches');
      // What the pattern does not name is not done, whoever says so.
      await approve('prune_files');
      expect(ask.mock.calls.map(([{ action }]) => action)).toEqual([
        'run_gc',
        'shrink_caches',
        'restart_server',
      ]);
      expect(store.add.mock.calls.map(([{ remedy }]) => remedy)).toEqual([
        'restart_engine',
        'shrink_caches',
        'restart_server',
      ]);
      const said = sut.open[0].steps.map(({ detail }) => detail);
      expect(said).toContain('restart_engine: a guardian chose it instead of run_gc');
    } finally {
      clock.mockRestore();
    }
  });

  it('calls whoever there is, however little the trouble is worth', async () => {
    const { look, book, states } = setup(undefined, 'watch');
    const high = { cpu: { machine: 1, process: 0 } };
    await look(high, 0);
    await look(high, 12_000);
    expect(rules.cpu_high.severity).toBe('warning');
    expect(states).toEqual(['open', 'escalated']);
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({
        ...{ fingerprint: 'healing.cpu_high@here', severity: 'critical' },
        evidence: expect.objectContaining({ seen_by: 'stemma on web-2' }) as object,
      }),
    );
  });

  it('says every hour that it goes on, while it does', async () => {
    const { look, book, store } = setup(undefined, 'watch');
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      await look(hung);
      await look(hung);
      expect(book.raise).toHaveBeenCalledTimes(1);
      const saved = store.save.mock.calls.length;
      now.mockReturnValue(3_600_000);
      await look(hung);
      await look(hung);
      expect([book.raise.mock.calls.length, store.save.mock.calls.length]).toEqual([2, saved + 1]);
      await look({});
      now.mockReturnValue(7_200_000);
      await look({});
      expect(book.raise).toHaveBeenCalledTimes(2);
    } finally {
      now.mockRestore();
    }
  });

  it('says every hour that it waits, calling nobody', async () => {
    const { look, book, store } = setup({ answer: 'wait', reason: 'unsure', decision: 'd7' });
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    try {
      await look(hung);
      await look(hung);
      const saved = store.save.mock.calls.length;
      now.mockReturnValue(3_600_000);
      await look(hung);
      await look(hung);
      expect([book.raise.mock.calls.length, store.save.mock.calls.length]).toEqual([0, saved + 1]);
    } finally {
      now.mockRestore();
    }
  });

  it('does not ask again and again about remedies that find nothing to be done', async () => {
    const { look, act, ask, states } = setup();
    act.mockRejectedValue(new CodedError('NOT_OURS', 'the load is not of this server'));
    const high = { cpu: { machine: 1, process: 0 } };
    for (let round = 0; round < 8; round++) {
      for (const at of [0, 12_000, 13_000]) await look(high, at);
      expect(states.at(-1)).toBe('escalated');
      await look({}, 14_000);
    }
    expect(ask).toHaveBeenCalledTimes(6);
  });

  it('counts no remedy that found nothing to be done, and does not call it a failure', async () => {
    const { look, act, report, refuse, store, book, states, sut } = setup();
    act.mockRejectedValue(new CodedError('NOT_OURS', 'the load is not of this server'));
    const high = { cpu: { machine: 1, process: 0 } };
    for (const at of [0, 12_000, 13_000]) await look(high, at);
    expect([act.mock.calls.length, states]).toEqual([1, ['open', 'healing', 'open', 'escalated']]);
    expect([store.add.mock.calls, report.mock.calls]).toEqual([[], []]);
    expect(refuse.mock.calls).toEqual([['d1', 'the load is not of this server [NOT_OURS]']]);
    expect(sut.budget.used('cpu_high')).toBe(0);
    expect(sut.open).toMatchObject([{ attempts: 0, place: 1 }]);
    expect(book.raise).toHaveBeenCalledTimes(1);
  });

  it('goes on with the remedy behind one that found nothing to be done', async () => {
    const { look, act, ask, store } = setup();
    act.mockRejectedValueOnce(new CodedError('NO_BLOB_SOURCE', 'there is none'));
    const full = { memory: { total: 1, used: 1, share: 0.99 } };
    for (const at of [0, 7_000, 8_000]) await look(full, at);
    expect(
      ask.mock.calls.map(([{ action, idempotencyKey }]) => [action, idempotencyKey.split('/')[1]]),
    ).toEqual([
      ['run_gc', '0'],
      ['shrink_caches', '1'],
    ]);
    await look({});
    expect(store.add.mock.calls.map(([{ remedy }]) => remedy)).toEqual(['shrink_caches']);
  });

  it('takes its question back when the trouble ends before anybody answers', async () => {
    const { look, withdraw, refuse, act, events, states } = setup({
      answer: 'wait',
      reason: 'unsure',
      decision: 'd7',
    });
    await look(hung);
    await look({});
    // It may have been answered meanwhile, unheard.
    for (const said of [withdraw, refuse]) expect(said.mock.calls).toEqual([['d7', 'the symptom is gone']]);
    events.emit('decision.changed', { decision: 'd7', state: 'approved', type: 'healing', action: 'x' });
    await look({});
    expect([act.mock.calls.length, states]).toEqual([0, ['open', 'waiting', 'resolved']]);
  });

  it('leaves it when a guardian or the emergency stop says no', async () => {
    const { look, act, gate, states, book } = setup();
    gate.guardBy(() => ({ allowed: false, reason: 'stopped by ada' }));
    await look(hung);
    await look(hung);
    expect([act.mock.calls.length, states]).toEqual([0, ['open', 'declined']]);
    expect(book.raise).toHaveBeenCalledTimes(1);
  });

  it('without a judge only brings the database back, and not even that once it is stopped', async () => {
    const broken = new Error('no database');
    const one = setup(broken);
    await one.look(hung);
    expect([one.act.mock.calls.length, one.states.at(-1)]).toEqual([0, 'declined']);
    const two = setup(broken);
    await two.look(away);
    expect(two.act).toHaveBeenCalledTimes(1);
    const three = setup(broken);
    three.gate.guardBy(() => ({ allowed: false, reason: 'stopped' }));
    await three.look(away);
    expect(three.act).not.toHaveBeenCalled();
  });

  it('only calls when it is to watch, and when it does not know the cause', async () => {
    const watching = setup(undefined, 'watch');
    await watching.look(hung);
    expect([watching.act.mock.calls.length, watching.states]).toEqual([0, ['open', 'escalated']]);
    const unsure = setup();
    const unready = { readiness: { status: 'failed' as const, detail: 'chain: gone' } };
    await unsure.look(unready, 0);
    await unsure.look(unready, 12_000);
    expect([unsure.act.mock.calls.length, unsure.states]).toEqual([0, ['open', 'escalated']]);
  });
});
