import { LiveFigures } from '../../common/observation/live-figures.js';
import type { ObservationStore } from '../history/observation-store.js';
import type { MachineVitals } from '../vitals/machine-vitals.js';
import { AgentRegistry } from './agent-registry.js';
import { PerformanceAgent } from './performance-agent.js';

/** What the agent says of a server that makes 20 tokens a second where it made 100, with so many answers waiting. */
async function troublesWith(
  waiting: number,
  heap = 0.5,
): Promise<readonly { fingerprint: string; summary: string }[]> {
  const figures = new LiveFigures();
  figures.register('tokens_per_second', () => 20);
  figures.register('queue_depth', () => waiting);
  const rows = (count: number, rate: number) =>
    Array.from({ length: count }, (_, i) => ({
      measures: { tokens_per_second: rate + (i % 5), queue_depth: waiting },
    }));
  const store = { ownSince: async () => rows(11, 20), sameHour: async () => rows(60, 100) };
  const vitals = {
    cpu: () => ({ machine: 0.5, process: 0.1 }),
    memory: async () => ({ share: 0.5 }),
    heap: () => ({ share: heap }),
    disk: async () => ({ share: 0.5 }),
    eventLoop: () => ({ mean: 1, worst: 5 }),
    pool: () => ({ open: 2, waiting: 0 }),
  };
  const sut = new PerformanceAgent(
    ...([new AgentRegistry(), figures] as const),
    vitals as unknown as MachineVitals,
    store as unknown as ObservationStore,
  );
  return (await sut.observe()).troubles;
}

describe('the performance agent', () => {
  it('tells of a throughput that fell while answers wait', async () => {
    expect(await troublesWith(2)).toMatchObject([
      {
        fingerprint: 'performance.regression.tokens_per_second',
        summary: 'tokens_per_second is 0.21 times what it is at this hour on other days, while answers wait',
      },
    ]);
  });

  it('tells of a JavaScript heap that is nearly full', async () => {
    expect(await troublesWith(0, 0.95)).toMatchObject([
      {
        fingerprint: 'performance.high.heap_share',
        summary: 'The JavaScript heap is nearly full: 95 %',
      },
    ]);
  });

  it('leaves a server in peace that has little to do', async () => {
    expect(await troublesWith(0)).toEqual([]);
  });
});
