import { DependencyRegistry } from './dependency-registry.js';

describe('dependencies', () => {
  it('are degraded at worst: the server goes on without them', async () => {
    const sut = new DependencyRegistry();
    expect(await sut.check()).toEqual({ status: 'ok', probes: {} });
    sut.register({ name: 'well', check: async () => ({ status: 'ok', detail: 'answers' }) });
    expect((await sut.check()).status).toBe('ok');
    sut.register({ name: 'away', check: () => Promise.reject(new Error('no route')) });
    expect(await sut.check()).toEqual({
      status: 'degraded',
      probes: {
        well: { status: 'ok', detail: 'answers' },
        away: { status: 'degraded', detail: 'no route' },
      },
    });
  });
});
