import { jest } from '@jest/globals';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { EngineListener } from '../engine/engine-port.js';
import { boundedWork } from './bounded-work.js';

/** Work that ends when a test says so, or when it is told to stop. */
function work() {
  let listener: EngineListener | null = null;
  let finish: (result: Result<string>) => void = () => undefined;
  const start = (given: EngineListener) => {
    listener = given;
    const done = new Promise<Result<string>>((resolve) => (finish = resolve));
    given.signal.addEventListener('abort', () =>
      finish(err(new CodedError('CANCELLED', 'it was cancelled'))),
    );
    return done;
  };
  return { start, progress: () => listener!.progress(), finish: () => finish(ok('done')) };
}

describe('bounded work', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('gives what was computed and leaves no timer behind', async () => {
    const { start, finish } = work();
    const result = boundedWork(new AbortController().signal, start);
    finish();
    expect(await result).toEqual(ok('done'));
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends when nobody wants it any more', async () => {
    const { start } = work();
    const aborter = new AbortController();
    const result = boundedWork(aborter.signal, start);
    aborter.abort();
    expect(await result).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
  });

  it('ends when it does not begin in time, but not once it has begun', async () => {
    const late = work();
    const begun = work();
    const { signal } = new AbortController();
    const results = [boundedWork(signal, late.start), boundedWork(signal, begun.start)];
    begun.progress();
    await jest.advanceTimersByTimeAsync(125_000);
    begun.finish();
    expect(await results[0]).toMatchObject({ ok: false, error: { code: 'ANSWER_TIMEOUT', status: 503 } });
    expect(await results[1]).toEqual(ok('done'));
  });
});
