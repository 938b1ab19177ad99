import { jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { HealingFigures } from '../../src/common/autonomy/healing-figures.js';
import { EventBus, systemClock } from '../../src/common/index.js';
import { MetricRegistry } from '../../src/common/observation/metric-registry.js';
import { Instance, type AppConfig } from '../../src/config/index.js';
import { JoinedWrites } from '../../src/database/index.js';
import {
  AlertBook,
  AlertStore,
  AlertTuning,
  type RecordTrail,
  type Trouble,
} from '../../src/monitoring/index.js';
import type { Healer } from '../../src/self-healing/healer.js';
import { Incident } from '../../src/self-healing/incidents/incident.js';
import { IncidentStore } from '../../src/self-healing/incidents/incident-store.js';
import { LeftRestarts } from '../../src/self-healing/incidents/left-restarts.js';
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
    await database.dataSource.query('TRUNCATE alerts, incidents, healing_attempts');
    alerts = new AlertStore(database.dataSource);
    const [events, joined] = [new EventBus(), new JoinedWrites()];
    book = new AlertBook(alerts, new AlertTuning(), database.transactions, trail, events, joined);
  });

  /** Servers on one database, all with the same name, each with a data folder of its own. */
  const config = () => testConfig({ healing: 'watch', healingSeconds: 0.02 });
  const incidentsOf = (server: AppConfig) =>
    new IncidentStore(
      server,
      ...([
        database.dataSource,
        database.transactions,
        trail,
        new Instance(server),
        new HealingFigures(),
      ] as const),
    );
  const incidentOf = (cause: (typeof CAUSES)[number]) =>
    new Incident(cause, 'critical', systemClock.now(), {
      cause,
      summary: 'it hangs',
      evidence: {},
      match: 1,
    });
  const statesOf = async () =>
    (await incidentsOf(config()).list({ open: false, limit: 10 })).map(({ cause, state }) => [cause, state]);
  /** What a server says to its healer at its first look. */
  const firstLook = async (server: AppConfig) => {
    const takeOver = jest.fn();
    // Taking questions back may take long: no look waits for it.
    const withdraw = jest.fn(() => new Promise<void>(() => undefined));
    const healer = {
      takeOver,
      withdraw,
      resume: jest.fn(),
      look: jest.fn(),
      recall: jest.fn(),
      open: [],
      budget: { note: jest.fn() },
    };
    const loop = new WatchLoop(
      server,
      new SchedulerRegistry(),
      { read: () => Promise.resolve({ database: { awayMs: 0 } }) } as unknown as VitalsReader,
      healer as unknown as Healer,
      ...([incidentsOf(server), book, alerts, new Instance(server)] as const),
      new LeftRestarts(server, database.dataSource, new Instance(server)),
      new MetricRegistry(),
    );
    loop.onApplicationBootstrap();
    await until('the first look', () => Promise.resolve(loop.latest !== null));
    await loop.onModuleDestroy();
    return { takenOver: takeOver.mock.calls.flat(2), withdrawn: withdraw.mock.calls.flat(2) };
  };
  const call = (cause: string, incident: string, server?: AppConfig) =>
    book.raise({
      ...{
        fingerprint: server === undefined ? `healing.${cause}` : new Instance(server).own(`healing.${cause}`),
      },
      ...{ source: 'healing', severity: 'critical', summary: 'it hangs' },
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

  it('that a server left open at its end are ended by its next process, those of others are not', async () => {
    const [one, two] = [config(), config()];
    for (const [index, server] of [one, one, two].entries()) {
      const incident = incidentOf(CAUSES[index]);
      incident.move('escalated', 'healing is set to watch only');
      // The second was over already; its alert is to be quiet for a while.
      if (index === 1) incident.move('resolved', 'the symptom is gone');
      const store = incidentsOf(server);
      store.save(incident);
      await store.flush();
      await call(CAUSES[index], incident.id, server);
    }
    const { takenOver } = await firstLook(one);
    const own = (cause: string) => new Instance(one).own(`healing.${cause}`);
    expect(takenOver).toEqual([own('kernel_hung'), own('log_lag')]);
    expect(await statesOf()).toEqual([
      ['disk_high', 'escalated'],
      ['log_lag', 'resolved'],
      ['kernel_hung', 'resolved'],
    ]);
  });

  it('are taken over by the next process also where the incident was never written down', async () => {
    const [one, two] = [config(), config()];
    for (const server of [one, two]) await call('kernel_hung', 'incident_unknown', server);
    expect((await firstLook(one)).takenOver).toEqual([new Instance(one).own('healing.kernel_hung')]);
  });

  it('of a server that was away and is back are left to it, though they had become quiet', async () => {
    const server = config();
    await call('kernel_hung', 'incident_1', server);
    await book.clear(new Instance(server).own('healing.kernel_hung'));
    const id = await call('kernel_hung', 'incident_2', server);
    const ago = 'UPDATE alerts SET seen_at = seen_at - 90000000 WHERE id = $1';
    await database.dataSource.query(ago, [id]);
    await firstLook(config());
    expect((await alerts.one(id))?.quietSince).not.toBeNull();
    const quiet = 'UPDATE alerts SET quiet_since = quiet_since - 86400000, seen_at = $2 WHERE id = $1';
    await database.dataSource.query(quiet, [id, systemClock.now()]);
    await firstLook(config());
    expect(await alerts.one(id)).toMatchObject({ state: 'firing' });
  });

  it('that were raised before servers were told apart are ended by the server of that name', async () => {
    const server = config();
    const incident = incidentOf('kernel_hung');
    const store = incidentsOf(server);
    store.save(incident);
    await store.flush();
    await call('kernel_hung', incident.id);
    await database.dataSource.query('UPDATE incidents SET instance = NULL');
    expect((await firstLook(config())).takenOver).toEqual(['healing.kernel_hung']);
    expect(await statesOf()).toEqual([['kernel_hung', 'resolved']]);
  });

  it('of a server that has been silent for a day are ended by another one, younger ones are not', async () => {
    const [gone, quiet] = [config(), config()];
    for (const [server, cause, hours] of [
      [gone, 'kernel_hung', 25],
      [quiet, 'log_lag', 23],
    ] as const) {
      const incident = incidentOf(cause);
      incident.move('waiting', 'a guardian was asked');
      incident.decision = `decision of ${cause}`;
      const store = incidentsOf(server);
      store.save(incident);
      await store.flush();
      const id = await call(cause, incident.id, server);
      const ms = hours * 3_600_000;
      await database.dataSource.query('UPDATE alerts SET seen_at = seen_at - $2 WHERE id = $1', [id, ms]);
      const back = 'UPDATE incidents SET updated_at = updated_at - $2 WHERE id = $1';
      await database.dataSource.query(back, [incident.id, ms]);
    }
    expect(await firstLook(config())).toEqual({
      takenOver: [],
      withdrawn: ['decision of kernel_hung'],
    });
    const open = (await alerts.allOpen(10)).map(({ fingerprint }) => fingerprint);
    expect(open).toEqual([new Instance(quiet).own('healing.log_lag')]);
    expect(await statesOf()).toEqual([
      ['log_lag', 'waiting'],
      ['kernel_hung', 'resolved'],
    ]);
  });

  it('are told from those of this process, however late it takes over: neither incidents nor tries are mixed up', async () => {
    const [server, other] = [config(), config()];
    const [before, now, elsewhere] = [incidentsOf(server), incidentsOf(server), incidentsOf(other)];
    for (const [store, cause] of [
      [before, 'kernel_hung'],
      [now, 'disk_high'],
      [elsewhere, 'log_lag'],
    ] as const) {
      const incident = incidentOf(cause);
      store.save(incident);
      const tried = { remedy: 'restart_engine', helped: true, detail: 'd', tookMs: 1 };
      store.add({ ...tried, incident: incident.id, cause });
      await store.flush();
    }
    await now.closeLeftovers([]);
    expect(await statesOf()).toEqual([
      ['log_lag', 'open'],
      ['disk_high', 'open'],
      ['kernel_hung', 'resolved'],
    ]);
    expect((await now.triedSince(0)).map(({ cause }) => cause)).toEqual(['kernel_hung']);
  });

  it('leave no question behind whose answer nobody would act on', async () => {
    const server = config();
    for (const [cause, state] of [
      ['kernel_hung', 'waiting'],
      ['log_lag', 'healing'],
    ] as const) {
      const incident = incidentOf(cause);
      incident.move(state, 'so it was');
      incident.decision = `decision of ${cause}`;
      const store = incidentsOf(server);
      store.save(incident);
      await store.flush();
    }
    expect((await firstLook(server)).withdrawn).toEqual(['decision of kernel_hung']);
  });
});

describe('alerts of agents', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  const trail = { append: () => Promise.resolve(), committed: () => undefined } as unknown as RecordTrail;
  const HOUR_MS = 3_600_000;

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('of one server are ended by that one, what all see by any, and those of a server that is gone by others', async () => {
    const store = new AlertStore(database.dataSource);
    const bookOf = () =>
      new AlertBook(
        ...([store, new AlertTuning(), database.transactions, trail] as const),
        ...([new EventBus(), new JoinedWrites()] as const),
      );
    const viewerOf = ({ id }: Instance) => ({ instance: id, goneMs: 24 * HOUR_MS, unseen: [] });
    const [a, b] = [testConfig(), testConfig()].map((config) => new Instance(config));
    const [first, second] = [bookOf(), bookOf()];
    const trouble = (fingerprint: string): Trouble => ({
      ...{ fingerprint, source: 'health', severity: 'critical', summary: 's', evidence: {}, lasting: true },
    });
    const open = async () => (await store.allOpen(10)).map(({ fingerprint }) => fingerprint).sort();
    const [disk, late] = [a.own('health.disk'), 'health.log_lag'];
    await first.settle('health', viewerOf(a), [trouble(disk), trouble(late)]);
    await second.settle('health', viewerOf(b), []);
    expect(await open()).toEqual([disk]);
    // The same trouble of two servers is two alerts.
    await second.settle('health', viewerOf(b), [trouble(b.own('health.disk'))]);
    expect(await open()).toHaveLength(2);
    await first.settle('health', viewerOf(a), []);
    expect(await open()).toEqual([b.own('health.disk')]);
    const ago = (ms: number) =>
      database.dataSource.query('UPDATE alerts SET seen_at = $1', [systemClock.now() - ms]);
    await ago(23 * HOUR_MS);
    await first.settle('health', viewerOf(a), []);
    expect(await open()).toHaveLength(1);
    await ago(25 * HOUR_MS);
    await first.settle('health', viewerOf(a), []);
    expect(await open()).toEqual([]);
  });
});
