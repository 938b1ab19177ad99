import { HealingFigures } from '../../src/common/autonomy/healing-figures.js';
import { systemClock } from '../../src/common/index.js';
import { Instance, type AppConfig } from '../../src/config/index.js';
import type { RecordTrail } from '../../src/monitoring/index.js';
import { Incident } from '../../src/self-healing/incidents/incident.js';
import { IncidentStore } from '../../src/self-healing/incidents/incident-store.js';
import { LeftRestarts } from '../../src/self-healing/incidents/left-restarts.js';
import { openTestDatabase, testConfig } from '../support/index.js';

describe('a remedy that ends the server', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  const trail = { append: () => Promise.resolve(), committed: () => undefined } as unknown as RecordTrail;

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(() => database.dataSource.query('TRUNCATE incidents, healing_attempts'));

  /** A process of a server. */
  const processOf = (server: AppConfig) => {
    const instance = new Instance(server);
    const { dataSource, transactions } = database;
    return {
      store: new IncidentStore(server, dataSource, transactions, trail, instance, new HealingFigures()),
      left: new LeftRestarts(server, dataSource, instance),
    };
  };
  /** What a process writes down before it ends by its remedy. */
  const end = async (server: AppConfig) => {
    const { store } = processOf(server);
    const symptom = { cause: 'memory_high', summary: 'full', evidence: { share: 1 }, match: 1 } as const;
    const incident = new Incident('memory_high', 'critical', systemClock.now(), symptom);
    incident.move('healing', 'restart_server');
    incident.remedy = 'restart_server';
    incident.decision = 'd1';
    incident.attempts = 4;
    incident.place = 1;
    incident.early = ['restart_server'];
    incident.move('verifying', 'it ends');
    store.save(incident);
    const tried = { incident: incident.id, cause: 'memory_high', remedy: 'restart_server' };
    store.add({ ...tried, helped: null, detail: 'it ends', tookMs: 12 });
    await store.flush();
    return incident;
  };

  it.each([true, false])(
    'gets its outcome (%s) from the server that starts next, once, and has none before',
    async (helped) => {
      const server = testConfig();
      const incident = await end(server);
      const { store, left } = processOf(server);
      const [found, ...others] = await left.unsettled();
      expect(others).toEqual([]);
      expect(JSON.parse(JSON.stringify(found.incident))).toEqual(JSON.parse(JSON.stringify(incident)));
      expect(await store.records()).toEqual([]);
      await store.closeLeftovers([found.incident.id]);
      expect(await store.list({ open: true, limit: 9 })).toMatchObject([{ state: 'verifying' }]);
      expect((await store.list({ open: true, limit: 9 }))[0]).not.toHaveProperty('course');
      for (const outcome of [helped, !helped])
        store.add({ ...found.attempt, helped: outcome, detail: 'seen' }, found.attempt);
      await store.flush();
      const counted = { cause: 'memory_high', remedy: 'restart_server', attempts: 1, helped: helped ? 1 : 0 };
      expect(await store.records()).toEqual([counted]);
      expect(await left.unsettled()).toEqual([]);
    },
  );

  it('of which an earlier version has not written how far it was begins with no remedy used', async () => {
    const server = testConfig();
    await end(server);
    await database.dataSource.query('UPDATE incidents SET course = NULL');
    const [{ incident }] = await processOf(server).left.unsettled();
    expect([incident.place, incident.early]).toEqual([0, []]);
  });

  it('has none where no server comes back, and counts all the same', async () => {
    const server = testConfig();
    await end(server);
    await processOf(testConfig()).store.closeAbandoned(-1_000);
    const { store, left } = processOf(server);
    expect(await left.unsettled()).toEqual([]);
    expect(await store.records()).toEqual([]);
    expect(await store.triedSince(systemClock.now() - 1_000_000)).toMatchObject([{ cause: 'memory_high' }]);
    const rows = await database.dataSource.query<{ helped: boolean | null }[]>(
      'SELECT helped FROM healing_attempts',
    );
    expect(rows).toEqual([{ helped: null }]);
  });

  it('is left alone by other servers, and by its own that comes back after more than an hour', async () => {
    const server = testConfig();
    await end(server);
    expect(await processOf(testConfig()).left.unsettled()).toEqual([]);
    await database.dataSource.query('UPDATE healing_attempts SET at = at - 3600000');
    const { store, left } = processOf(server);
    expect(await left.unsettled()).toEqual([]);
    await store.closeLeftovers([]);
    expect(await store.list({ open: true, limit: 9 })).toEqual([]);
  });
});
