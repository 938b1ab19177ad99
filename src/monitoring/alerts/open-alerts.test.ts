import { jest } from '@jest/globals';
import { systemClock } from '../../common/index.js';
import { alertOf, type Alert } from './alert.js';
import { OpenAlerts } from './open-alerts.js';

const alert = (changes: Partial<Alert> = {}): Alert => ({
  ...alertOf({
    ...{ id: 'alert_1', fingerprint: 'health.disk', severity: 'warning', state: 'firing' },
    ...{ evidence: '{}', quiet_since: null, returns: 0 },
  }),
  ...changes,
});

describe('the open alerts that are remembered', () => {
  it('say what people were told of, until it is over', () => {
    const sut = new OpenAlerts();
    expect(sut.toldOf('health.disk')).toBeNull();
    sut.note(alert({ untold: true }));
    expect([sut.idOf('health.disk'), sut.toldOf('health.disk')]).toEqual(['alert_1', null]);
    sut.note(alert({ state: 'acknowledged' }));
    expect(sut.toldOf('health.disk')).toBe('warning');
    sut.note(alert({ state: 'resolved' }));
    expect(sut.idOf('health.disk')).toBeUndefined();
  });

  it('say nothing of one that has been quiet for long enough', () => {
    const sut = new OpenAlerts();
    const quietFor = (ms: number) => sut.note(alert({ returns: 1, quietSince: systemClock.now() - ms }));
    quietFor(500_000);
    expect([sut.idOf('health.disk'), sut.toldOf('health.disk')]).toEqual(['alert_1', 'warning']);
    quietFor(700_000);
    expect([sut.idOf('health.disk'), sut.toldOf('health.disk')]).toEqual([undefined, null]);
  });

  it('keep the next alert when the end of the one before is heard of late', () => {
    const sut = new OpenAlerts();
    sut.note(alert({ id: 'alert_2' }));
    sut.note(alert({ state: 'resolved' }));
    expect(sut.idOf('health.disk')).toBe('alert_2');
  });

  it('are at most a thousand', () => {
    const sut = new OpenAlerts();
    for (let i = 0; i <= 1000; i++) sut.note(alert({ id: `alert_${i}`, fingerprint: `health.${i}` }));
    expect([0, 1, 1000].map((i) => sut.idOf(`health.${i}`))).toEqual([undefined, 'alert_1', 'alert_1000']);
  });

  it('are read anew for what others wrote, not all the time, and not over what was written meanwhile', async () => {
    const sut = new OpenAlerts();
    sut.note(alert());
    await sut.refresh(async () => {
      sut.note(alert({ id: 'alert_2', fingerprint: 'health.memory' }));
      return [];
    });
    expect([sut.idOf('health.disk'), sut.idOf('health.memory')]).toEqual(['alert_1', 'alert_2']);
    const read = jest.fn(async () => [alert({ id: 'alert_3' })]);
    await sut.refresh(read);
    await sut.refresh(read);
    expect(read).toHaveBeenCalledTimes(1);
    expect([sut.idOf('health.disk'), sut.idOf('health.memory')]).toEqual(['alert_3', undefined]);
  });
});
