import { QueryRunnerAlreadyReleasedError } from 'typeorm';
import { EventBus, systemClock, type StemmaEvents } from '../../src/common/index.js';
import { JoinedWrites } from '../../src/database/index.js';
import type { Trouble } from '../../src/monitoring/alerts/alert.js';
import { AlertBook } from '../../src/monitoring/alerts/alert-book.js';
import { AlertStore } from '../../src/monitoring/alerts/alert-store.js';
import { AlertTuning } from '../../src/monitoring/alerts/alert-tuning.js';
import type { RecordTrail } from '../../src/monitoring/records/record-trail.js';
import { openTestDatabase } from '../support/index.js';

type Told = readonly ['raised' | 'changed', string, string];

const disk: Trouble = {
  ...{ fingerprint: 'health.disk', source: 'health', severity: 'warning', summary: 'the disk fills' },
  ...{ evidence: { free: 1 }, lasting: true },
};
const HOUR_MS = 3_600_000;

describe('alerts that are silenced', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let tuning: AlertTuning;
  let book: AlertBook;
  let store: AlertStore;
  let told: Told[];
  /** Whether the database cannot be reached. */
  let away: boolean;

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.dataSource.query('TRUNCATE alerts');
    const events = new EventBus();
    const tell = (how: Told[0]) => (alert: StemmaEvents['alert.raised']) =>
      void told.push([how, alert.state, alert.severity]);
    told = [];
    events.on('alert.raised', tell('raised'));
    events.on('alert.changed', tell('changed'));
    tuning = new AlertTuning();
    store = new AlertStore(database.dataSource);
    const trail = { append: () => Promise.resolve(), committed: () => undefined } as unknown as RecordTrail;
    away = false;
    const transactions = {
      run: <T>(work: Parameters<typeof database.transactions.run<T>>[0]) =>
        away ? Promise.reject(new QueryRunnerAlreadyReleasedError()) : database.transactions.run(work),
    } as typeof database.transactions;
    book = new AlertBook(store, tuning, transactions, trail, events, new JoinedWrites());
  });

  const silence = (ms: number) => tuning.set('health.disk', { silencedUntil: systemClock.now() + ms });

  it('are recorded, told to nobody, and told of when the silence is over', async () => {
    silence(HOUR_MS);
    const id = await book.raise(disk);
    await book.raise(disk);
    await book.flush();
    expect(told).toEqual([['changed', 'silenced', 'warning']]);
    expect(await store.one(id)).toMatchObject({ state: 'firing', occurrences: 2, untold: true });
    silence(-1);
    await book.flush();
    await book.flush();
    await book.raise(disk);
    expect(told.slice(1)).toEqual([['raised', 'firing', 'warning']]);
    expect(await store.one(id)).toMatchObject({ untold: false });
  });

  it('tell of trouble that is seen again after the silence, once', async () => {
    silence(HOUR_MS);
    await book.raise(disk);
    silence(-1);
    await book.raise(disk);
    await book.flush();
    expect(told).toEqual([
      ['changed', 'silenced', 'warning'],
      ['raised', 'firing', 'warning'],
    ]);
  });

  it('say that one who was called need not come, and call again only if it got worse or the silence is over', async () => {
    await book.raise(disk);
    silence(HOUR_MS);
    await book.hush('health.disk');
    await book.hush('health.disk');
    await book.raise({ ...disk, severity: 'critical' });
    expect(told).toEqual([
      ['raised', 'firing', 'warning'],
      ['changed', 'silenced', 'warning'],
      ['changed', 'silenced', 'critical'],
    ]);
    silence(-1);
    await book.flush();
    expect(told[3]).toEqual(['raised', 'firing', 'critical']);
  });

  it('owe nothing to anybody once somebody knows, or the trouble is over', async () => {
    silence(HOUR_MS);
    const id = await book.raise(disk);
    await book.acknowledge(id, 'ada', 'seen');
    silence(-1);
    await book.flush();
    await book.clear('health.disk');
    expect(told.map(([how, state]) => `${how} ${state}`)).toEqual([
      'changed silenced',
      'changed acknowledged',
      'changed resolved',
    ]);
  });

  it('are told of after the silence, where they were seen while the database was away', async () => {
    silence(HOUR_MS);
    away = true;
    const id = await book.raise(disk);
    await book.raise(disk);
    expect(told).toEqual([]);
    away = false;
    silence(-1);
    await book.flush();
    await book.flush();
    expect(told).toEqual([['raised', 'firing', 'warning']]);
    expect(await store.one(id)).toMatchObject({ state: 'firing', untold: false });
  });

  it('are told of when the silence is over, even if the database is away still, and then not again', async () => {
    silence(HOUR_MS);
    away = true;
    const id = await book.raise(disk);
    silence(-1);
    await book.flush();
    await book.flush();
    expect(told).toEqual([['raised', 'firing', 'warning']]);
    away = false;
    await book.flush();
    await book.raise(disk);
    expect(told).toHaveLength(1);
    expect(await store.one(id)).toMatchObject({ state: 'firing', untold: false });
  });

  it('are owed to those who were not told, where they are written down while the silence lasts', async () => {
    silence(HOUR_MS);
    away = true;
    await book.raise(disk);
    away = false;
    await book.flush();
    expect(told).toEqual([['changed', 'silenced', 'warning']]);
    silence(-1);
    await book.flush();
    expect(told.slice(1)).toEqual([['raised', 'firing', 'warning']]);
  });

  it('are not written down where nobody was told of them and their trouble ends while others are', async () => {
    away = true;
    tuning.set('health.memory', { silencedUntil: systemClock.now() + HOUR_MS });
    await book.raise(disk);
    const over = await book.raise({ ...disk, fingerprint: 'health.memory' });
    away = false;
    const flushed = book.flush();
    await book.clear('health.memory');
    await flushed;
    expect(await store.one(over)).toBeNull();
  });

  it('are written down as over where their trouble ends before, and as firing where it is seen anew', async () => {
    away = true;
    const over = await book.raise(disk);
    const again = await book.raise({ ...disk, fingerprint: 'health.memory' });
    await book.clear('health.disk');
    await book.clear('health.memory');
    await book.raise({ ...disk, fingerprint: 'health.memory' });
    away = false;
    await book.flush();
    expect(await store.one(over)).toMatchObject({ state: 'resolved' });
    expect(await store.one(again)).toMatchObject({ state: 'firing' });
    expect(told.map(([how, state]) => `${how} ${state}`)).toEqual([
      ...['raised firing', 'raised firing', 'changed resolved'],
    ]);
  });

  it('are as urgent as people say', async () => {
    tuning.set('health.disk', { severity: 'info' });
    const id = await book.raise(disk);
    expect(await store.one(id)).toMatchObject({
      severity: 'info',
      evidence: { free: 1, severity_of_source: 'warning' },
    });
    tuning.set('health.disk', null);
    await book.raise(disk);
    tuning.set('health.disk', { severity: 'info' });
    await book.raise(disk);
    await book.raise(disk);
    expect(told).toEqual([
      ['raised', 'firing', 'info'],
      ['raised', 'firing', 'warning'],
      ['changed', 'firing', 'info'],
    ]);
  });
});
