import { jest } from '@jest/globals';
import { seldom } from './seldom.js';

describe('what is done seldom', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is done at once, then at most once in each pause, and the last time is not lost', () => {
    let now = 0;
    const done: number[] = [];
    const ask = seldom(1_000, () => done.push(now));
    const pass = (ms: number) => {
      now += ms;
      jest.advanceTimersByTime(ms);
    };
    for (let i = 0; i < 250; i++) {
      ask();
      pass(10);
    }
    expect(done).toEqual([0, 1_000, 2_000]);
    pass(10_000);
    expect(done).toHaveLength(4);
    ask();
    expect(done).toHaveLength(5);
    pass(10_000);
    expect(done).toHaveLength(5);
  });

  it('goes on after it has failed once', () => {
    let times = 0;
    const ask = seldom(1_000, () => {
      if (++times === 1) throw new Error('once');
    });
    expect(ask).toThrow('once');
    ask();
    jest.advanceTimersByTime(1_000);
    expect(times).toBe(2);
  });
});
