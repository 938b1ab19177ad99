import { AccessPatterns } from '../../src/common/observation/access-patterns.js';
import { MetricRegistry } from '../../src/common/observation/metric-registry.js';
import { SecuritySignals } from '../../src/common/observation/security-signals.js';
import { SafetyFigures } from '../../src/common/autonomy/safety-figures.js';
import { EventBus } from '../../src/common/index.js';
import { Instance } from '../../src/config/index.js';
import type { NodeKeys } from '../../src/keys/index.js';
import { AgentRegistry } from '../../src/monitoring/agents/agent-registry.js';
import { SecurityAgent } from '../../src/monitoring/agents/security-agent.js';
import { Partitions } from '../../src/monitoring/history/partitions.js';
import { ObservationStore } from '../../src/monitoring/index.js';
import { openTestDatabase, testConfig } from '../support/index.js';

const MINUTE_MS = 60_000;

describe('the security score of servers that share a database', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let store: ObservationStore;
  const config = testConfig({ monitoringMinutes: 5 });
  const instance = new Instance(config);

  beforeAll(async () => {
    database = await openTestDatabase();
    store = storeOf(instance);
  });
  afterAll(() => database.close());
  beforeEach(() => database.dataSource.query('DELETE FROM monitoring_observations'));

  function storeOf(server: Instance) {
    const { dataSource, transactions } = database;
    const partitions = new Partitions(config, dataSource, transactions);
    return new ObservationStore(config, dataSource, partitions, server);
  }

  function agent() {
    const [figures, signals] = [new SafetyFigures(), new SecuritySignals(new MetricRegistry())];
    const sut = new SecurityAgent(
      ...([config, new AgentRegistry(), signals, new AccessPatterns(), figures, new EventBus()] as const),
      ...([{ tokenSecret: new Uint8Array(32) } as unknown as NodeKeys, store, instance] as const),
    );
    sut.onModuleInit();
    const look = async () => {
      const seen = await sut.observe();
      await store.add('security', Date.now(), seen);
    };
    return { figures, signals, look };
  }

  /** What another process saw, so many minutes ago. */
  const saw = (process: number, minutesAgo: number, score: number, by = store) =>
    by.add('security', Date.now() - minutesAgo * MINUTE_MS, {
      ...{ status: 'ok', score, detail: '', troubles: [] },
      measures: { process_began_ms: process, security_score: score },
    });

  it('is the worst that any process saw last', async () => {
    const { figures, signals, look } = agent();
    await look();
    expect(await figures.securityScore()).toBe(1);
    await saw(1, 3, 0.9);
    await saw(2, 7, 0.1);
    await saw(2, 2, 0.4);
    expect(await figures.securityScore()).toBe(0.4);
    await saw(2, 0, 1);
    expect(await figures.securityScore()).toBe(0.9);
    signals.count('integrity');
    await look();
    expect(await figures.securityScore()).toBeCloseTo(0.7, 9);
  });

  it('is not forgotten by a restart as long as what was seen would count', async () => {
    await saw(1, 61, 0.1);
    await saw(2, 59, 0.3);
    const { figures, look } = agent();
    // What this server has not measured must not pass; what others saw holds up all the same.
    expect(await figures.securityScore()).toBeUndefined();
    expect(await figures.securityBound()).toBe(0.3);
    await look();
    expect(await figures.securityScore()).toBe(0.3);
    await saw(3, 10, 0.2);
    expect(await agent().figures.securityBound()).toBe(0.2);
  });

  it('is unknown where only others have looked, however well they are', async () => {
    await saw(1, 1, 1);
    const { figures } = agent();
    expect(await figures.securityScore()).toBeUndefined();
    expect(await figures.securityBound()).toBe(1);
  });

  it('counts a process of another server of its name that began at the same moment', async () => {
    const { figures, look } = agent();
    await look();
    const began = Math.round(performance.timeOrigin);
    await saw(began, 0, 0.2);
    expect(await figures.securityScore()).toBe(1);
    await saw(began, 1, 0.2, storeOf(new Instance(testConfig())));
    expect(await figures.securityScore()).toBe(0.2);
  });
});
