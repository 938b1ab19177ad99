import { jest } from '@jest/globals';
import { AttemptBudget } from './attempt-budget.js';

const MINUTE_MS = 60_000;

describe('the budget of remedies', () => {
  it('counts an hour by the clock it was given, per cause', () => {
    const clock = { at: 5 * MINUTE_MS };
    const sut = new AttemptBudget(() => clock.at);
    sut.note('cpu');
    sut.note('cpu', 50 * MINUTE_MS);
    sut.note('memory');
    expect(sut.used('cpu')).toBe(2);
    clock.at += 10 * MINUTE_MS;
    expect(sut.used('cpu')).toBe(1);
    clock.at += 50 * MINUTE_MS;
    expect([sut.used('cpu'), sut.used('memory'), sut.used('disk')]).toEqual([0, 0, 0]);
  });

  it('does not care for the wall clock', () => {
    jest.useFakeTimers({ doNotFake: ['performance'], now: 1_763_700_000_000 });
    try {
      const sut = new AttemptBudget();
      sut.note('cpu');
      jest.setSystemTime(1_763_700_000_000 + 5 * 60 * MINUTE_MS);
      expect(sut.used('cpu')).toBe(1);
      jest.setSystemTime(1_763_700_000_000 - 5 * 60 * MINUTE_MS);
      expect(sut.used('cpu')).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });
});
