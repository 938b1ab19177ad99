import { jest } from '@jest/globals';
import { hung, setup, well } from '../../test/factories/healer-under-test.js';
import type { Vitals } from './vitals/vitals.js';

describe('the healer', () => {
  it('calls while it starts where it has ended too often, once, until that is an hour ago', async () => {
    const { sut, book, act, states, look } = setup();
    const ends = ['SIGKILL', 'exit code 1', 'SIGSEGV'];
    sut.recall({ ...well, ...hung, ends: ends.slice(1) });
    expect(sut.open).toEqual([]);
    sut.recall({ ...well, ...hung, ends });
    expect(book.raise).toHaveBeenCalledTimes(1);
    sut.recall({ ...well, ends });
    await look({ ends });
    expect(states).toEqual(['open', 'escalated']);
    expect(book.raise).toHaveBeenCalledTimes(1);
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({
        fingerprint: expect.stringContaining('healing.process_crashed') as string,
        severity: 'critical',
        summary: expect.stringContaining(
          '3 times though nobody told it to, the last time: SIGSEGV',
        ) as string,
      }),
    );
    await look({ ends: ends.slice(1) });
    expect(states.at(-1)).toBe('resolved');
    expect(act).not.toHaveBeenCalled();
  });

  it('heals, checks and records', async () => {
    const { look, act, report, store, book, states, sut } = setup();
    await look(hung);
    expect(act).toHaveBeenCalledTimes(1);
    await look({});
    expect(states).toEqual(['open', 'healing', 'verifying', 'resolved']);
    expect(report).toHaveBeenCalledWith('d1', expect.objectContaining({ helped: true }));
    expect(store.add).toHaveBeenCalledWith(
      expect.objectContaining({ remedy: 'restart_engine', helped: true }),
    );
    expect(book.raise).not.toHaveBeenCalled();
    expect(sut.open).toEqual([]);
  });

  it('writes a remedy that ends the server down before that, and leaves incident and outcome to the next one', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    const { look, act, report, store, states, sut } = setup();
    const full = { heap: { total: 100, used: 95, share: 0.95 } };
    const lookAt = async (ms: number, changes: Partial<Vitals> = full) => {
      now.mockReturnValue(ms);
      await look(changes, ms);
    };
    await lookAt(0);
    // A remedy is begun, and has not helped within eight seconds: the look after that begins the next.
    for (let remedy = 0; remedy < 4; remedy++)
      for (const ms of [6_000, 15_000]) await lookAt(remedy * 10_000 + ms);
    const tried = () => store.add.mock.calls.map(([{ remedy, helped }]) => `${remedy}: ${helped}`);
    const all = ['run_gc: false', 'shrink_caches: false', 'restart_engine: false', 'restart_server: null'];
    expect(tried()).toEqual(all);
    expect(act).toHaveBeenCalledTimes(4);
    expect(report.mock.calls.map(([, { helped }]) => helped)).toEqual([false, false, false]);
    // The server stops; whatever it sees meanwhile begins and ends nothing.
    for (const ms of [60_000, 90_000]) await lookAt(ms);
    await lookAt(95_000, {});
    expect([tried(), act.mock.calls.length, sut.open.length]).toEqual([all, 4, 1]);
    expect(states.at(-1)).toBe('verifying');
    now.mockRestore();
  });

  it('waits until a symptom has lasted', async () => {
    const { look, states } = setup();
    const high = { cpu: { machine: 1, process: 0 } };
    await look(high, 0);
    await look({}, 5_000);
    await look(high, 10_000);
    await look(high, 21_000);
    expect(states).toEqual([]);
    await look(high, 22_000);
    expect(states[0]).toBe('open');
  });

  it('calls a guardian when remedies do not help, and does not heal in a loop', async () => {
    const { look, act, book, states, sut } = setup();
    for (let round = 0; round < 4; round++) {
      await look(hung);
      await look({});
    }
    expect(act).toHaveBeenCalledTimes(4);
    await look(hung);
    expect(act).toHaveBeenCalledTimes(4);
    expect(states.at(-1)).toBe('escalated');
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({ fingerprint: 'healing.kernel_hung@here', severity: 'critical' }),
    );
    expect(sut.open).toHaveLength(1);
    await look({});
    expect(book.clear).toHaveBeenLastCalledWith('healing.kernel_hung@here');
    expect(sut.open).toEqual([]);
  });

  it('ends its alert although that has returned, and goes on where the database is away', async () => {
    const { look, book } = setup(undefined, 'watch');
    await look(hung, 0);
    expect(book.raise).toHaveBeenCalledTimes(1);
    // It is to be quiet for a while first; then the database is away; then it is over.
    book.clear.mockResolvedValueOnce(false).mockRejectedValueOnce(new Error('away'));
    await look({}, 1_000);
    await look({}, 60_000);
    expect(book.clear).toHaveBeenCalledTimes(1);
    await look({}, 61_000);
    await look({}, 121_000);
    await look({}, 200_000);
    await look({}, 300_000);
    expect(book.clear.mock.calls).toEqual(Array(3).fill(['healing.kernel_hung@here']));
  });

  it('does not end the alert of trouble that is back', async () => {
    const { look, book, sut } = setup(undefined, 'watch');
    sut.takeOver(['healing.kernel_hung@here']);
    await look(hung, 0);
    await look(hung, 100_000);
    expect(book.clear).not.toHaveBeenCalled();
    await look({}, 200_000);
    expect(book.clear).toHaveBeenCalledTimes(1);
  });

  it('ends what an earlier process left, also where the clock has gone back', async () => {
    const { look, book, sut } = setup();
    book.clear.mockResolvedValue(false);
    sut.takeOver(['healing.kernel_hung@here']);
    await look({}, 500_000);
    await look({}, 1_000);
    expect(book.clear).toHaveBeenCalledTimes(2);
  });

  it('goes on with the next remedy when one cannot be done', async () => {
    const { look, act, store } = setup();
    act.mockRejectedValueOnce(new Error('it is stuck'));
    const full = { memory: { total: 1, used: 1, share: 0.99 } };
    await look(full, 0);
    await look(full, 7_000);
    await look(full, 8_000);
    expect(store.add).toHaveBeenCalledWith(
      expect.objectContaining({ remedy: 'run_gc', helped: false, detail: 'it is stuck' }),
    );
    expect(act).toHaveBeenCalledTimes(2);
  });
});
