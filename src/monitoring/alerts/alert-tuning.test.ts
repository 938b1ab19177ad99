import type { Trouble } from './alert.js';
import { AlertTuning } from './alert-tuning.js';

const trouble: Trouble = {
  ...{ fingerprint: 'health:disk', source: 'health', severity: 'warning', summary: 'the disk fills' },
  ...{ evidence: { free: 1 }, lasting: true },
};

describe('rules of alerts', () => {
  it('change how urgent trouble is, and keep what its source says', () => {
    const sut = new AlertTuning();
    sut.set('health:disk', { severity: 'info' });
    expect(sut.tuned(trouble)).toEqual({
      ...trouble,
      severity: 'info',
      evidence: { free: 1, severity_of_source: 'warning' },
    });
    expect(sut.tuned({ ...trouble, fingerprint: 'health:log' }).severity).toBe('warning');
    sut.set('health:disk', null);
    expect(sut.tuned(trouble)).toBe(trouble);
  });

  it('silence until their time is over', () => {
    const sut = new AlertTuning();
    sut.set('health:disk', { silencedUntil: 1000 });
    expect(sut.silencedUntil('health:disk', 999)).toBe(1000);
    expect(sut.silencedUntil('health:disk', 1000)).toBeNull();
    expect(sut.silencedUntil('health:log', 0)).toBeNull();
  });

  it('tell when there may be somebody to tell: at first, after a change, and after the end of a silence', () => {
    const sut = new AlertTuning();
    const ask = (now: number) => {
      const may = sut.maySpeak(now);
      sut.looked(now);
      return may;
    };
    expect([ask(1), ask(2)]).toEqual([true, false]);
    sut.set('health:disk', { silencedUntil: 10 });
    expect([ask(3), ask(9), ask(10), ask(11)]).toEqual([true, false, true, false]);
    sut.set('health:disk', null);
    expect([ask(12), ask(13)]).toEqual([true, false]);
  });
});
