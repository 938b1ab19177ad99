import { outlasting } from './outlasting.js';

describe('what outlasts a fault', () => {
  const away = new Error('away');
  const passes = (thrown: unknown) => thrown === away;
  const later = () => performance.now() + 60_000;
  const failing = (times: number, thrown: Error) => {
    const calls = { made: 0 };
    const work = () =>
      Promise.resolve().then(() => {
        calls.made += 1;
        if (calls.made <= times) throw thrown;
        return 'done';
      });
    return { calls, work };
  };

  it('is tried again until it works', async () => {
    const { calls, work } = failing(2, away);
    const { signal } = new AbortController();
    expect(await outlasting(work, { passes, until: later(), signal })).toBe('done');
    expect(calls.made).toBe(3);
  });

  it('is tried once when its time is over, when it is stopped, and when the failure does not pass', async () => {
    const { signal } = new AbortController();
    for (const [thrown, limits] of [
      [away, { until: performance.now(), signal }],
      [away, { until: later(), signal: AbortSignal.abort() }],
      [new Error('a bug'), { until: later(), signal }],
    ] as const) {
      const { calls, work } = failing(9, thrown);
      await expect(outlasting(work, { passes, ...limits })).rejects.toBe(thrown);
      expect(calls.made).toBe(1);
    }
  });

  it('stops waiting at once when it is stopped, and is not tried again', async () => {
    const { calls, work } = failing(9, away);
    const stop = new AbortController();
    const stopWhileWaiting = () => {
      queueMicrotask(() => stop.abort());
      return true;
    };
    const told = outlasting(work, { passes: stopWhileWaiting, until: later(), signal: stop.signal });
    await expect(told).rejects.toBe(away);
    expect(calls.made).toBe(1);
  });
});
