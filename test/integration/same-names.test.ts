import { ExaminationRegistry } from '../../src/common/observation/examination-registry.js';
import { HealthRegistry } from '../../src/common/observation/health-registry.js';
import { LiveFigures } from '../../src/common/observation/live-figures.js';
import { VersionRegistry } from '../../src/common/observation/version-registry.js';
import { EventBus } from '../../src/common/index.js';
import { Instance } from '../../src/config/index.js';
import { JoinedWrites } from '../../src/database/index.js';
import type { AgentRunner } from '../../src/monitoring/agents/agent-runner.js';
import { Partitions } from '../../src/monitoring/history/partitions.js';
import {
  AlertBook,
  AlertStore,
  AlertTuning,
  ObservationStore,
  TaskAlerts,
  type MachineVitals,
  type RecordTrail,
} from '../../src/monitoring/index.js';
import { HealthReports } from '../../src/monitoring/reports/health-reports.js';
import { openTestDatabase, testConfig } from '../support/index.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.now();

describe('servers of one name on one database', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let a: ReturnType<typeof server>;
  let b: ReturnType<typeof server>;
  let alerts: AlertStore;
  let book: AlertBook;
  const trail = { append: () => Promise.resolve(), committed: () => undefined } as unknown as RecordTrail;

  beforeAll(async () => {
    database = await openTestDatabase();
    alerts = new AlertStore(database.dataSource);
    const [events, joined] = [new EventBus(), new JoinedWrites()];
    book = new AlertBook(alerts, new AlertTuning(), database.transactions, trail, events, joined);
    [a, b] = [server(), server()];
  });
  afterAll(() => database.close());
  beforeEach(() => database.dataSource.query('TRUNCATE monitoring_observations, health_reports, alerts'));

  /** Each has a data folder of its own. */
  function server() {
    const { dataSource, transactions } = database;
    const config = testConfig();
    const instance = new Instance(config);
    const partitions = new Partitions(config, dataSource, transactions);
    const vitals = { disk: async () => ({}), memory: async () => ({}) } as unknown as MachineVitals;
    const reports = new HealthReports(
      ...([config, dataSource, transactions] as const),
      { runAll: async () => [] } as Partial<AgentRunner> as AgentRunner,
      ...([
        new HealthRegistry(),
        new ExaminationRegistry(),
        new LiveFigures(),
        new VersionRegistry(),
        vitals,
        alerts,
        instance,
      ] as const),
    );
    return {
      ...{ config, instance, reports, store: new ObservationStore(config, dataSource, partitions, instance) },
      tasks: new TaskAlerts(new EventBus(), book, instance),
    };
  }
  const seen = (detail: string) => ({ status: 'ok', score: 1, detail, measures: {}, troubles: [] }) as const;
  const details = (list: readonly { readonly detail: string }[]) => list.map(({ detail }) => detail);

  it('look at what they measured themselves', async () => {
    await a.store.add('performance', NOW - DAY_MS, seen('a yesterday'));
    await b.store.add('performance', NOW - DAY_MS + 1, seen('b yesterday'));
    await a.store.add('performance', NOW - 2, seen('a now'));
    await b.store.add('performance', NOW - 1, seen('b now'));
    expect(details(await a.store.ownSince('performance', NOW - HOUR_MS, 10))).toEqual(['a now']);
    expect(details(await b.store.ownSince('performance', NOW - HOUR_MS, 10))).toEqual(['b now']);
    expect(details(await a.store.sameHour('performance', NOW))).toEqual(['a yesterday']);
    expect(details(await b.store.sameHour('performance', NOW))).toEqual(['b yesterday']);
  });

  it('show what they themselves saw last', async () => {
    await a.store.add('health', NOW - 2, seen('of a'));
    await b.store.add('health', NOW - 1, seen('of b'));
    expect(details(await a.store.latest())).toEqual(['of a']);
    expect(details(await b.store.latest())).toEqual(['of b']);
  });

  it('go by their name with what was measured before they were told apart', async () => {
    await a.store.add('performance', NOW - DAY_MS, seen('before'));
    await a.store.add('performance', NOW - DAY_MS, seen('of another name'));
    await database.dataSource.query(
      `UPDATE monitoring_observations SET instance = NULL, node = CASE detail WHEN 'before' THEN node ELSE 'other' END`,
    );
    expect(details(await a.store.sameHour('performance', NOW))).toEqual(['before']);
    expect(details(await b.store.ownSince('performance', NOW - 2 * DAY_MS, 10))).toEqual(['before']);
  });

  it('make a health report each, when their own last one is old enough', async () => {
    expect(await a.reports.makeIfDue(NOW)).toBe(true);
    expect(await b.reports.makeIfDue(NOW + 1)).toBe(true);
    expect(await a.reports.makeIfDue(NOW + 2)).toBe(false);
    expect((await a.reports.list(undefined, 10)).map(({ node, instance }) => [node, instance])).toEqual([
      [b.config.nodeName, b.instance.id],
      [a.config.nodeName, a.instance.id],
    ]);
    // What was made before they were told apart counts by the name, for all of that name.
    await database.dataSource.query('UPDATE health_reports SET instance = NULL');
    expect(await server().reports.makeIfDue(NOW + 3)).toBe(false);
    await database.dataSource.query(`UPDATE health_reports SET node = 'other'`);
    expect(await a.reports.makeIfDue(NOW + 4)).toBe(true);
  });

  it('tell of broken files each for itself, and who knows of one does not end the other', async () => {
    const broken = { code: 'POLICY_BROKEN', severity: 'critical', task: null } as const;
    await a.tasks.tell({ ...broken, detail: 'a.yaml: no rules' });
    await b.tasks.tell({ ...broken, detail: 'b.yaml: a second rule' });
    const open = async () => (await alerts.list({ open: true, limit: 10 })).toReversed();
    const [first, second] = await open();
    expect([first, second]).toMatchObject([
      { fingerprint: a.instance.own('tasks.POLICY_BROKEN'), summary: 'a.yaml: no rules' },
      { fingerprint: b.instance.own('tasks.POLICY_BROKEN'), summary: 'b.yaml: a second rule' },
    ]);
    expect(first.evidence).toMatchObject({ code: 'POLICY_BROKEN', seen_by: a.instance.label });
    await book.acknowledge(first.id, 'grace', 'put right');
    expect((await open()).map(({ id }) => id)).toEqual([second.id]);
  });
});
