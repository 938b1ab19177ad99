import { jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { HealingFigures } from '../../src/common/autonomy/healing-figures.js';
import { EventBus, systemClock } from '../../src/common/index.js';
import { MetricRegistry } from '../../src/common/observation/metric-registry.js';
import { JoinedWrites } from '../../src/database/index.js';
import { AlertBook, AlertStore, AlertTuning, type RecordTrail } from '../../src/monitoring/index.js';
import type { Healer } from '../../src/self-healing/healer.js';
import { Incident } from '../../src/self-healing/incidents/incident.js';
import { IncidentStore } from '../../src/self-healing/incidents/incident-store.js';
import type { VitalsReader } from '../../src/self-healing/vitals/vitals-reader.js';
import { WatchLoop } from '../../src/self-healing/watch-loop.js';
import { openTestDatabase, testConfig, until } from '../support/index.js';

const CAUSES = ['kernel_hung', 'log_lag', 'disk_high'] as const;

describe('alerts of healing', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let alerts: AlertStore;
  let book: AlertBook;
  const trail = { append: () => Promise.resolve(), committed: () => undefined } as unknown as RecordTrail;

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.dataSource.query('TRUNCATE alerts, incidents');
    alerts = new AlertStore(database.dataSource);
    const [events, joined] = [new EventBus(), new JoinedWrites()];
    book = new AlertBook(alerts, new AlertTuning(), database.transactions, trail, events, joined);
  });

  const incidentsOf = (nodeName: string) =>
    new IncidentStore(
      testConfig({ nodeName, healing: 'watch', healingSeconds: 3600 }),
      ...([database.dataSource, database.transactions, trail, new HealingFigures()] as const),
    );
  const call = (cause: string, incident: string) =>
    book.raise({
      ...{ fingerprint: `healing.${cause}`, source: 'healing', severity: 'critical', summary: 'it hangs' },
      ...{ evidence: { incident }, lasting: true },
    });

  it('are over once they were quiet for long enough, also when they returned and somebody knows', async () => {
    expect(await book.clear('healing.kernel_hung')).toBe(true);
    await call('kernel_hung', 'incident_1');
    expect(await book.clear('healing.kernel_hung')).toBe(true);
    const id = await call('kernel_hung', 'incident_2');
    await book.acknowledge(id, 'ada', 'it is known');
    expect(await book.clear('healing.kernel_hung')).toBe(false);
    expect(await alerts.one(id)).toMatchObject({ state: 'acknowledged', returns: 1 });
    await database.dataSource.query('UPDATE alerts SET quiet_since = quiet_since - 600000 WHERE id = $1', [
      id,
    ]);
    expect(await book.clear('healing.kernel_hung')).toBe(true);
    expect(await alerts.one(id)).toMatchObject({ state: 'resolved' });
  });

  it('that this node left open at its end are ended by its next process, those of others are not', async () => {
    const [own, other] = [incidentsOf('one'), incidentsOf('two')];
    for (const [index, store] of [own, own, other].entries()) {
      const symptom = { cause: CAUSES[index], summary: 'it hangs', evidence: {}, match: 1 };
      const incident = new Incident(CAUSES[index], 'critical', systemClock.now(), symptom);
      incident.move('escalated', 'healing is set to watch only');
      // The second was over already; its alert is to be quiet for a while.
      if (index === 1) incident.move('resolved', 'the symptom is gone');
      store.save(incident);
      await store.flush();
      await call(CAUSES[index], incident.id);
    }
    const takeOver = jest.fn();
    const healer = { takeOver, look: jest.fn(), recall: jest.fn(), open: [], budget: { note: jest.fn() } };
    const loop = new WatchLoop(
      testConfig({ nodeName: 'one', healing: 'watch', healingSeconds: 0.02 }),
      new SchedulerRegistry(),
      { read: () => Promise.resolve({ database: { awayMs: 0 } }) } as unknown as VitalsReader,
      healer as unknown as Healer,
      ...([own, book, alerts, new MetricRegistry()] as const),
    );
    loop.onApplicationBootstrap();
    await until('the first look', () => Promise.resolve(loop.latest !== null));
    await loop.onModuleDestroy();
    expect(takeOver.mock.calls).toEqual([[['healing.kernel_hung', 'healing.log_lag']]]);
  });
});
