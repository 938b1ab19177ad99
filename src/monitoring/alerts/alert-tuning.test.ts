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

  it('of trouble on every server hold on each, as far as that has none of its own', () => {
    const sut = new AlertTuning();
    const [here, there] = ['health:disk@0123456789ab', 'health:disk@ba9876543210'];
    sut.set('health:disk', { severity: 'info', silencedUntil: 1000 });
    sut.set(there, { severity: 'critical', silencedUntil: 10 });
    const severity = (fingerprint: string) => sut.tuned({ ...trouble, fingerprint }).severity;
    expect([severity(here), severity(there), severity('health:disk')]).toEqual(['info', 'critical', 'info']);
    expect([sut.silencedUntil(here, 500), sut.silencedUntil(there, 500)]).toEqual([1000, 1000]);
    expect([sut.ownOf(here), sut.ownOf(there)]).toEqual([{}, { severity: 'critical', silencedUntil: 10 }]);
    sut.set('health:disk', null);
    expect([severity(here), severity(there)]).toEqual(['warning', 'critical']);
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
