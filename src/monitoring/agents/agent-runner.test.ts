import { jest } from '@jest/globals';
import { CodedError } from '../../common/index.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import type { AppConfig, Instance } from '../../config/index.js';
import type { AlertBook } from '../alerts/alert-book.js';
import type { ObservationStore } from '../history/observation-store.js';
import { AgentRegistry } from './agent-registry.js';
import { AgentRunner } from './agent-runner.js';
import { observation, type Observation } from './agent.js';

/** What is made of a trouble that is this server's alone. */
const own = <T extends { fingerprint: string; evidence: object }>(source: string, trouble: T) => ({
  ...{ ...trouble, source, lasting: true, fingerprint: `${trouble.fingerprint}@here` },
  evidence: { ...trouble.evidence, seen_by: 'stemma on web-2' },
});
/** How this server looks: another one is gone after three rounds. */
const viewer = { instance: 'here', goneMs: 30 * 3_600_000, unseen: [] };
const fine = observation({ detail: 'fine', measures: { n: 1 }, troubles: [] });

function setup() {
  const registry = new AgentRegistry();
  const store = { add: jest.fn(async () => undefined) };
  const book = {
    settle: jest.fn(async (..._said: unknown[]) => undefined),
    raise: jest.fn(async () => 'alert'),
  };
  const metrics = new MetricRegistry();
  const sut = new AgentRunner(
    registry,
    store as unknown as ObservationStore,
    book as unknown as AlertBook,
    { id: 'here', label: 'stemma on web-2', own: (name: string) => `${name}@here` } as Instance,
    { monitoringMinutes: 600 } as AppConfig,
    metrics,
  );
  const add = (name: string, observe: () => Promise<Observation>) =>
    registry.register({ name, about: '', observe });
  return { sut, store, book, metrics, add };
}

describe('the agent runner', () => {
  it('stores what agents saw and settles their alerts', async () => {
    const { sut, store, book, metrics, add } = setup();
    const trouble = { fingerprint: 'a.x', severity: 'warning' as const, summary: 's', evidence: {} };
    add('a', async () => observation({ detail: 'so so', measures: {}, troubles: [trouble] }));
    add('b', async () => fine);
    const runs = await sut.runAll();
    expect(runs.map(({ agent, status }) => [agent, status])).toEqual([
      ['a', 'warning'],
      ['b', 'ok'],
    ]);
    expect(store.add).toHaveBeenCalledTimes(2);
    expect(book.settle).toHaveBeenCalledWith('a', viewer, [own('a', trouble)]);
    expect(book.settle).toHaveBeenCalledWith('b', viewer, []);
    expect(await metrics.print()).toContain('stemma_agent_state{agent="a"} 1');
  });

  it('makes an alert of an agent that hangs, holds up no other, and does not start it twice', async () => {
    const { sut, book, add } = setup();
    let finish = (_seen: Observation): void => undefined;
    const observe = jest.fn(() => new Promise<Observation>((resolve) => (finish = resolve)));
    add('slow', observe);
    add('quick', async () => fine);
    const [quick, slow] = await sut.runAll(20);
    expect([quick.status, slow.status]).toEqual(['ok', 'critical']);
    expect(book.raise).toHaveBeenCalledWith(
      expect.objectContaining({ fingerprint: 'agent.slow.hangs@here', severity: 'critical' }),
    );
    // It has not looked: what it saw before is not over.
    expect(book.settle.mock.calls).toEqual([['quick', viewer, []]]);
    await sut.runAll(20);
    expect(observe).toHaveBeenCalledTimes(1);
    finish(fine);
    await new Promise((resolve) => setImmediate(resolve));
    void sut.runAll(20);
    expect(observe).toHaveBeenCalledTimes(2);
  });

  it('leaves trouble that all servers see as it is', async () => {
    const { sut, book, add } = setup();
    const trouble = { fingerprint: 'a.x', severity: 'warning' as const, summary: 's', evidence: { n: 1 } };
    add('a', async () => observation({ detail: '', measures: {}, troubles: [{ ...trouble, shared: true }] }));
    await sut.runAll();
    expect(book.settle).toHaveBeenCalledWith('a', viewer, [{ ...trouble, source: 'a', lasting: true }]);
  });

  it('does not say that what an agent could not look at is over', async () => {
    const { sut, book, add } = setup();
    add('a', async () => observation({ detail: '', measures: {}, troubles: [], unseen: ['a.shared'] }));
    await sut.runAll();
    expect(book.settle).toHaveBeenCalledWith('a', { ...viewer, unseen: ['a.shared'] }, []);
  });

  it('makes an alert of an agent that fails', async () => {
    const { sut, add } = setup();
    add('broken', () => Promise.reject(new Error('no disk')));
    const [run] = await sut.runAll();
    expect(run.troubles).toMatchObject([{ fingerprint: 'agent.broken.fails', severity: 'critical' }]);
  });

  it.each([
    ['the database is away', new Error('Connection terminated unexpectedly')],
    ['the log has no room', new CodedError('STORAGE_FULL', 'The disk is full.', {}, 507)],
  ])('raises alerts although %s', async (_why, thrown) => {
    const { sut, book, add } = setup();
    book.settle.mockRejectedValue(thrown);
    const trouble = { fingerprint: 'a.x', severity: 'critical' as const, summary: 's', evidence: {} };
    add('a', async () => observation({ detail: 'bad', measures: {}, troubles: [trouble] }));
    await sut.runAll();
    expect(book.raise).toHaveBeenCalledWith(own('a', trouble));
  });
});
