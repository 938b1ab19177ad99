import { jest } from '@jest/globals';
import { LEASE_MS, StepPulse } from './step-pulse.js';

const BEAT_MS = 15_000;
/** Own work is to have ended this long before the lease has. */
const EARLY_MS = 5_000;

/** A pulse whose signs of life are answered by `answer`, and how many there were. */
function setup(answer: () => Promise<boolean>, leasedMs = LEASE_MS) {
  const signs = { shown: 0 };
  const sut = new StepPulse(() => {
    signs.shown += 1;
    return answer();
  }, performance.now() + leasedMs);
  return { sut, signs };
}

describe('the pulse of a step', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('holds a step for as long as it is worked on, far beyond one lease, and stops with it', async () => {
    const { sut, signs } = setup(() => Promise.resolve(true));
    await jest.advanceTimersByTimeAsync(10 * LEASE_MS);
    expect([sut.signal.aborted, signs.shown]).toEqual([false, (10 * LEASE_MS) / BEAT_MS]);
    sut.end();
    await jest.advanceTimersByTimeAsync(10 * LEASE_MS);
    expect([sut.signal.aborted, signs.shown]).toEqual([false, (10 * LEASE_MS) / BEAT_MS]);
  });

  it('ends the work at the next sign of life when the step is not its own any more', async () => {
    const { sut, signs } = setup(() => Promise.resolve(false));
    await jest.advanceTimersByTimeAsync(BEAT_MS - 1);
    expect(sut.signal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect([sut.signal.aborted, signs.shown]).toEqual([true, 1]);
  });

  it.each([
    ['refuses', () => Promise.reject(new Error('away'))],
    ['never answers', () => new Promise<boolean>(() => undefined)],
  ])('ends the work before the lease is over when the database %s', async (_, answer) => {
    const { sut } = setup(answer);
    await jest.advanceTimersByTimeAsync(LEASE_MS - EARLY_MS - 1);
    expect(sut.signal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(sut.signal.aborted).toBe(true);
  });

  it('goes on when the database is back in time', async () => {
    let away = true;
    const { sut } = setup(() => (away ? Promise.reject(new Error('away')) : Promise.resolve(true)));
    await jest.advanceTimersByTimeAsync(LEASE_MS - 2 * EARLY_MS);
    away = false;
    await jest.advanceTimersByTimeAsync(2 * LEASE_MS);
    expect(sut.signal.aborted).toBe(false);
    sut.end();
  });

  it('shows life sooner where the claim was long in coming, and gives up what is nearly over', async () => {
    const late = setup(() => Promise.resolve(true), 12_000);
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    expect(late.sut.signal.aborted).toBe(false);
    late.sut.end();
    expect(setup(() => Promise.resolve(true), EARLY_MS).sut.signal.aborted).toBe(true);
  });
});
