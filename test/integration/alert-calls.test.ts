import { jest } from '@jest/globals';
import { QueryRunnerAlreadyReleasedError } from 'typeorm';
import { EventBus, ok, type Result } from '../../src/common/index.js';
import { MetricRegistry } from '../../src/common/observation/metric-registry.js';
import { JoinedWrites } from '../../src/database/index.js';
import { LogSpace } from '../../src/log/log-space.js';
import { AlertBook } from '../../src/monitoring/alerts/alert-book.js';
import type { Trouble } from '../../src/monitoring/alerts/alert.js';
import { AlertStore } from '../../src/monitoring/alerts/alert-store.js';
import { AlertTuning } from '../../src/monitoring/alerts/alert-tuning.js';
import type { RecordTrail } from '../../src/monitoring/records/record-trail.js';
import { AlertNotices } from '../../src/notifications/alert-notices.js';
import type { NotificationChannel } from '../../src/notifications/channels/channel.js';
import { Channels } from '../../src/notifications/channels/channels.js';
import { configuredChannels } from '../../src/notifications/channels/configured-channels.js';
import { Courier } from '../../src/notifications/delivery/courier.js';
import { Notifier } from '../../src/notifications/notifier.js';
import { NotificationStore } from '../../src/notifications/store/notification-store.js';
import { UrgentCalls } from '../../src/notifications/urgent-calls.js';
import { answerOnce, openTestDatabase, testConfig } from '../support/index.js';
import { startHttpReceiver, type Receiver } from '../support/receivers.js';

const gone: Trouble = {
  ...{ fingerprint: 'healing.database_away', source: 'healing', severity: 'critical', lasting: true },
  ...{ summary: 'the database is away', evidence: {} },
};

/** A log with so many MiB left. */
const roomOf = (mebibytes: number) => new LogSpace('', () => Promise.resolve(mebibytes * 1024 * 1024));

/** A channel that takes what it was given when it is let. */
function slowChannel() {
  const given: ((taken: Result<void>) => void)[] = [];
  const channel: NotificationChannel = {
    ...{ name: 'webhook', target: 'somebody', tellsSettled: true },
    send: () => new Promise((resolve) => void given.push(resolve)),
  };
  return { channel, take: () => given.splice(0).forEach((resolve) => resolve(ok())) };
}

describe('critical alerts call people', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let hook: Receiver;
  let slack: Receiver;
  let store: NotificationStore;
  let alerts: AlertStore;
  /** Whether the database takes no transactions. */
  let away: boolean;
  /** What the log has to write into. */
  let space: LogSpace;
  const ends: (() => Promise<unknown>)[] = [];

  const replica = (own?: NotificationChannel) => {
    const config = testConfig({
      ...{ notifyChannels: ['webhook', 'slack'], notifyPrivateAddresses: true, notifyRetryMs: 10 },
      ...{ notifyWebhookUrl: `http://${hook.host}/`, notifyWebhookSecret: 'a-secret-of-some-length' },
      notifySlackUrl: `http://${slack.host}/`,
    });
    const channels = new Channels(own === undefined ? configuredChannels(config) : [own]);
    const transactions = {
      run: <T>(work: Parameters<typeof database.transactions.run<T>>[0]) =>
        away ? Promise.reject(new QueryRunnerAlreadyReleasedError()) : database.transactions.run(work),
    } as typeof database.transactions;
    const courier = new Courier(config, channels, store, transactions, new MetricRegistry());
    const calls = new UrgentCalls(config, channels, store, transactions);
    const [events, joined] = [new EventBus(), new JoinedWrites()];
    const notifier = new Notifier(config, channels, store, courier);
    const notices = new AlertNotices(events, joined, notifier, calls);
    notices.onModuleInit();
    notices.onApplicationBootstrap();
    const trail = { append: () => space.check(), committed: () => undefined } as unknown as RecordTrail;
    const book = new AlertBook(alerts, new AlertTuning(), transactions, trail, events, joined);
    courier.onApplicationBootstrap();
    ends.push(() => Promise.all([courier.beforeApplicationShutdown(), calls.beforeApplicationShutdown()]));
    return { book, courier, joined, events, notifier };
  };
  const heard = () =>
    hook.received.map(({ body }) => JSON.parse(body) as { event: string; id: string; key: string });
  const hears = (...events: string[]) =>
    answerOnce(
      () => heard().map(({ event }) => event),
      (list) => list.length === events.length,
    ).then((list) => expect(list).toEqual(events));
  const sent = (count: number) =>
    answerOnce(
      () => store.figures(),
      (figures) => figures.find(({ channel }) => channel === 'webhook')?.sent === count,
    );

  beforeAll(async () => {
    database = await openTestDatabase();
    store = new NotificationStore(database.dataSource);
    alerts = new AlertStore(database.dataSource);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    [away, space] = [false, roomOf(1024)];
    [hook, slack] = await Promise.all([startHttpReceiver(), startHttpReceiver()]);
    await database.dataSource.query('TRUNCATE notifications, alerts CASCADE');
  });
  afterEach(async () => {
    await Promise.all(ends.splice(0).map((end) => end()));
    await Promise.all([hook.close(), slack.close()]);
  });

  it('from being raised to being acknowledged, and others do not', async () => {
    const { book } = replica();
    await book.raise({ ...gone, fingerprint: 'health.slow', severity: 'warning' });
    const id = await book.raise(gone);
    await book.raise(gone);
    await hears('raised');
    await book.acknowledge(id, 'ada', 'seen');
    await hears('raised', 'settled');
    expect(await store.recent(10)).toHaveLength(1);
  });

  it('in the transaction that raises them: neither is there without the other', async () => {
    const { book, joined } = replica();
    joined.join('alert.raised', () => Promise.reject(new Error('a later write failed')));
    await expect(book.raise(gone)).rejects.toThrow('a later write failed');
    expect(await alerts.open(gone.fingerprint)).toBeNull();
    expect(await store.recent(10)).toEqual([]);
  });

  it('at once while the database is away, and not again when it is back', async () => {
    const { book, courier } = replica();
    away = true;
    const id = await book.raise(gone);
    await book.raise(gone);
    await hears('raised');
    expect(await store.recent(10)).toEqual([]);
    away = false;
    await book.flush();
    await book.raise(gone);
    courier.wake();
    await sent(1);
    await book.acknowledge(id, 'ada', 'seen');
    await hears('raised', 'settled');
    expect(new Set(heard().map(({ key }) => key))).toEqual(new Set([`alert:${id}`]));
    expect(new Set(heard().map((each) => each.id)).size).toBe(1);
    expect((await store.recent(10)).map(({ key }) => key)).toEqual([`alert:${id}`]);
    expect(slack.received).toEqual([]);
  });

  it('not again when the database goes away while the alert is open, even an acknowledged one', async () => {
    const { book } = replica();
    const id = await book.raise(gone);
    const known = await book.raise({ ...gone, fingerprint: 'health.disk' });
    await hears('raised', 'raised');
    await book.acknowledge(known, 'ada', 'seen');
    await hears('raised', 'raised', 'settled');
    away = true;
    expect(await book.raise(gone)).toBe(id);
    await book.raise({ ...gone, fingerprint: 'health.disk' });
    await book.raise({ ...gone, fingerprint: 'health.memory' });
    await hears('raised', 'raised', 'settled', 'raised');
    away = false;
    await book.flush();
    await book.acknowledge(id, 'ada', 'seen');
    await hears('raised', 'raised', 'settled', 'raised', 'settled');
    expect(await alerts.one(id)).toMatchObject({ occurrences: 2 });
    expect(await store.recent(10)).toHaveLength(3);
  });

  it('when an open alert gets worse while the database is away, though it was called of in the outage before', async () => {
    const { book, courier } = replica();
    away = true;
    const id = await book.raise(gone);
    await hears('raised');
    await book.raise({ ...gone, severity: 'warning' });
    away = false;
    await book.flush();
    courier.wake();
    await hears('raised', 'settled');
    away = true;
    expect(await book.raise(gone)).toBe(id);
    await hears('raised', 'settled', 'raised');
    away = false;
    await book.flush();
    await book.acknowledge(id, 'ada', 'seen');
    await hears('raised', 'settled', 'raised', 'settled');
    expect(new Set(heard().map((each) => each.id)).size).toBe(2);
    expect(await alerts.one(id)).toMatchObject({ severity: 'critical', state: 'acknowledged' });
  });

  it('anew of trouble that another replica has seen the end of', async () => {
    const [first, second] = [replica(), replica()];
    const ended = await first.book.raise(gone);
    await hears('raised');
    await second.book.clear(gone.fingerprint);
    await first.book.flush();
    await hears('raised', 'settled');
    away = true;
    const id = await first.book.raise(gone);
    await hears('raised', 'settled', 'raised');
    expect(id).not.toBe(ended);
  });

  it('under another id where an alert was over before it could be written down as worse', async () => {
    const [first, second] = [replica(), replica()];
    const ended = await first.book.raise({ ...gone, severity: 'warning' });
    away = true;
    expect(await first.book.raise(gone)).toBe(ended);
    await hears('raised');
    away = false;
    await second.book.clear(gone.fingerprint);
    await first.book.flush();
    const open = await alerts.open(gone.fingerprint);
    expect(open).toMatchObject({ severity: 'critical', state: 'firing' });
    expect(open?.id).not.toBe(ended);
    const notices = (await store.recent(10)).filter(({ settledAt }) => settledAt === null);
    expect(notices.map(({ key }) => key)).toEqual([`alert:${open?.id}`]);
  });

  it('when trouble gets worse while the database is away, and once', async () => {
    const { book } = replica();
    away = true;
    const id = await book.raise({ ...gone, severity: 'warning' });
    await book.raise(gone);
    await hears('raised');
    await book.raise({ ...gone, severity: 'warning' });
    await book.raise(gone);
    away = false;
    await book.flush();
    await book.acknowledge(id, 'ada', 'seen');
    await hears('raised', 'settled');
    expect(heard()[0].key).toBe(`alert:${id}`);
    expect(await store.recent(10)).toHaveLength(1);
  });

  it('at once while the disk has no room for the log, and not again when it has', async () => {
    const { book } = replica();
    space = roomOf(7);
    const id = await book.raise(gone);
    await hears('raised');
    expect(await alerts.one(id)).toBeNull();
    await book.flush();
    expect(book.isWaiting(gone.fingerprint)).toBe(true);
    space = roomOf(8);
    await book.flush();
    expect(await alerts.one(id)).toMatchObject({ state: 'firing' });
    await book.acknowledge(id, 'ada', 'seen');
    await hears('raised', 'settled');
    expect(new Set(heard().map((each) => each.id)).size).toBe(1);
  });

  it('by the next channel when the first does not take it', async () => {
    const { book } = replica();
    away = true;
    hook.mood = 'refuses';
    const id = await book.raise(gone);
    await answerOnce(
      () => slack.received.length,
      (count) => count === 1,
    );
    away = false;
    await book.flush();
    const [notice] = await store.recent(10);
    expect(notice).toMatchObject({ key: `alert:${id}`, deliveries: [{ channel: 'slack', state: 'sent' }] });
  });

  it('when the database is back, where no channel took it before', async () => {
    const { book, courier } = replica();
    [away, hook.mood, slack.mood] = [true, 'fails', 'fails'];
    await book.raise(gone);
    await answerOnce(
      () => slack.received.length,
      (count) => count > 0,
    );
    away = false;
    await book.flush();
    hook.mood = 'takes';
    courier.wake();
    await sent(1);
    expect(new Set(heard().map((each) => each.id)).size).toBe(1);
    expect(await store.recent(10)).toHaveLength(1);
  });

  it('and know who took a call that was on its way when the database came back', async () => {
    const slow = slowChannel();
    const { book, courier } = replica(slow.channel);
    await courier.beforeApplicationShutdown();
    away = true;
    await book.raise(gone);
    away = false;
    await book.flush();
    expect(await store.recent(10)).toMatchObject([{ deliveries: [{ state: 'pending' }] }]);
    slow.take();
    await sent(1);
  });

  it('and know who took a call while it was being written down', async () => {
    const slow = slowChannel();
    const { book, courier, joined } = replica(slow.channel);
    await courier.beforeApplicationShutdown();
    const taken = jest.spyOn(store, 'taken');
    joined.join('alert.raised', async () => {
      slow.take();
      await answerOnce(
        () => taken.mock.results.length,
        (count) => count === 1,
      );
      await taken.mock.results[0].value;
    });
    away = true;
    await book.raise(gone);
    away = false;
    await book.flush();
    await sent(1);
    taken.mockRestore();
  });

  it('and tell them of the end, where it came before it could be written down', async () => {
    const { book, courier } = replica();
    away = true;
    const id = await book.raise(gone);
    await hears('raised');
    await book.clear(gone.fingerprint);
    away = false;
    await book.flush();
    courier.wake();
    await hears('raised', 'settled');
    expect(await alerts.one(id)).toMatchObject({ state: 'resolved' });
  });

  it('anew of an alert that got worse again, whose first call was over when it was written down', async () => {
    const { book, courier } = replica();
    away = true;
    const id = await book.raise(gone);
    await hears('raised');
    await book.raise({ ...gone, severity: 'warning' });
    away = false;
    await book.flush();
    courier.wake();
    await hears('raised', 'settled');
    await book.raise(gone);
    await hears('raised', 'settled', 'raised');
    expect(new Set(heard().map(({ key }) => key))).toEqual(new Set([`alert:${id}`]));
    expect(new Set(heard().map((each) => each.id)).size).toBe(2);
  });

  it('anew where the notice of a call is settled, though nobody said that the call was written down', async () => {
    const { events, joined, notifier } = replica();
    const alert = { ...gone, alert: 'alert_of_two_notices', state: 'firing' };
    events.emit('alert.raised', { ...alert, unwritten: true });
    await hears('raised');
    const write = () => database.transactions.run((manager) => joined.write(manager, 'alert.raised', alert));
    await write();
    await database.transactions.run((manager) => notifier.settle(manager, `alert:${alert.alert}`));
    await write();
    const settled = (await store.recent(10)).map(({ settledAt }) => settledAt !== null);
    expect(settled).toEqual([false, true]);
  });

  it('once where the same trouble is seen twice at the same time', async () => {
    const { book } = replica();
    away = true;
    const [id, other] = await Promise.all([book.raise(gone), book.raise(gone)]);
    expect(other).toBe(id);
    away = false;
    await hears('raised');
    await book.flush();
    await book.acknowledge(id, 'ada', 'seen');
    await hears('raised', 'settled');
    expect(new Set(heard().map(({ key }) => key))).toEqual(new Set([`alert:${id}`]));
  });

  it('and take back a call that was made while the same trouble was being written down', async () => {
    const { book, courier, joined } = replica();
    let called = '';
    joined.join('alert.raised', async () => {
      away = true;
      called = await book.raise(gone);
      away = false;
    });
    const id = await book.raise(gone);
    await hears('raised', 'raised');
    await book.flush();
    courier.wake();
    await hears('raised', 'raised', 'settled');
    expect(heard()[2].key).toBe(`alert:${called}`);
    const open = (await store.recent(10)).filter(({ settledAt }) => settledAt === null);
    expect(open.map(({ key }) => key)).toEqual([`alert:${id}`]);
  });

  it('once per replica while the database is away: the one that writes later takes its call back', async () => {
    const [first, second] = [replica(), replica()];
    away = true;
    const id = await first.book.raise(gone);
    const other = await second.book.raise(gone);
    await hears('raised', 'raised');
    away = false;
    await first.book.flush();
    await second.book.flush();
    second.courier.wake();
    await hears('raised', 'raised', 'settled');
    expect(heard()[2].key).toBe(`alert:${other}`);
    expect(await alerts.open(gone.fingerprint)).toMatchObject({ id });
    const open = (await store.recent(10)).filter(({ settledAt }) => settledAt === null);
    expect(open.map(({ key }) => key)).toEqual([`alert:${id}`]);
  });
});
