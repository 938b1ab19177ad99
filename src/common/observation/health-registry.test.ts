import { jest } from '@jest/globals';
import { HealthRegistry, type HealthStatus } from './health-registry.js';

const probe = (name: string, status: HealthStatus) => ({
  name,
  check: async () => ({ status, detail: name }),
});

describe('health registry', () => {
  it.each<[HealthStatus[], HealthStatus]>([
    [[], 'ok'],
    [['ok', 'ok'], 'ok'],
    [['ok', 'degraded'], 'degraded'],
    [['failed', 'degraded'], 'failed'],
  ])('of %p is %p', async (statuses, overall) => {
    const registry = new HealthRegistry();
    statuses.forEach((status, i) => registry.register(probe(`p${i}`, status)));
    expect((await registry.check()).status).toBe(overall);
  });

  it('takes a probe that throws for a failure, and says why', async () => {
    const registry = new HealthRegistry();
    registry.register({ name: 'broken', check: () => Promise.reject(new Error('no disk')) });
    registry.register({
      name: 'worse',
      check: () => {
        throw new Error('at once');
      },
    });
    expect((await registry.check()).probes).toMatchObject({
      broken: { status: 'failed', detail: 'no disk' },
      worse: { status: 'failed', detail: 'at once' },
    });
  });

  it('does not wait for ever', async () => {
    jest.useFakeTimers();
    const registry = new HealthRegistry();
    registry.register({ name: 'stuck', check: () => new Promise(() => undefined) });
    const checked = registry.check();
    await jest.advanceTimersByTimeAsync(3_000);
    expect((await checked).probes.stuck).toMatchObject({ status: 'failed' });
    jest.useRealTimers();
  });

  it('forgets a probe and refuses two of one name', async () => {
    const registry = new HealthRegistry();
    const forget = registry.register(probe('p', 'failed'));
    expect(() => registry.register(probe('p', 'ok'))).toThrow('registered already');
    forget();
    expect(await registry.check()).toEqual({ status: 'ok', probes: {} });
  });
});
