import { MetricRegistry } from '../../src/common/observation/metric-registry.js';
import { ok } from '../../src/common/index.js';
import type { NotificationChannel } from '../../src/notifications/channels/channel.js';
import { Channels } from '../../src/notifications/channels/channels.js';
import { configuredChannels } from '../../src/notifications/channels/configured-channels.js';
import { Courier } from '../../src/notifications/delivery/courier.js';
import type { Notice } from '../../src/notifications/notice.js';
import { Notifier } from '../../src/notifications/notifier.js';
import { NotificationStore } from '../../src/notifications/store/notification-store.js';
import { answerOnce, openTestDatabase, testConfig } from '../support/index.js';
import { startHttpReceiver, type Receiver } from '../support/receivers.js';

type Database = Awaited<ReturnType<typeof openTestDatabase>>;

const notice = (changes: Partial<Notice> = {}): Notice => ({
  ...{ key: 'escalation:1', kind: 'escalation', severity: 'critical', title: 'Your answer is asked for' },
  ...{ text: 'A release is to be promoted.', path: '/guardian', needsAnswer: true },
  ...changes,
});

describe('notices to people', () => {
  let database: Database;
  let hook: Receiver;
  let slack: Receiver;
  let store: NotificationStore;
  const couriers: Courier[] = [];

  const assemble = () => {
    const config = testConfig({
      ...{ notifyChannels: ['webhook', 'slack'], notifyPrivateAddresses: true, notifyRetryMs: 10 },
      ...{ notifyWebhookUrl: `http://${hook.host}/`, notifyWebhookSecret: 'a-secret-of-some-length' },
      notifySlackUrl: `http://${slack.host}/`,
    });
    const channels = new Channels(configuredChannels(config));
    const courier = new Courier(config, channels, store, database.transactions, new MetricRegistry());
    couriers.push(courier);
    courier.onApplicationBootstrap();
    return new Notifier(config, channels, store, courier);
  };

  const events = (receiver: Receiver) =>
    receiver.received.map(({ body }) => (JSON.parse(body) as { event?: string }).event);

  beforeAll(async () => {
    database = await openTestDatabase();
    store = new NotificationStore(database.dataSource);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    [hook, slack] = await Promise.all([startHttpReceiver(), startHttpReceiver()]);
    await database.dataSource.query('TRUNCATE notifications CASCADE');
  });
  afterEach(async () => {
    await Promise.all(couriers.splice(0).map((courier) => courier.beforeApplicationShutdown()));
    await Promise.all([hook.close(), slack.close()]);
  });

  const enqueue = async (notifier: Notifier, what = notice()) => {
    const isNew = await database.transactions.run((manager) => notifier.enqueue(manager, what));
    notifier.committed();
    return isNew;
  };
  const settle = async (notifier: Notifier, key = notice().key) => {
    const was = await database.transactions.run((manager) => notifier.settle(manager, key));
    notifier.committed();
    return was;
  };

  it('leave with the transaction they tell of, or not at all', async () => {
    const notifier = assemble();
    const failing = database.transactions.run(async (manager) => {
      await notifier.enqueue(manager, notice());
      throw new Error('the change failed');
    });
    await expect(failing).rejects.toThrow('the change failed');
    expect(await store.recent(10)).toEqual([]);
    await enqueue(notifier, notice({ key: 'escalation:2' }));
    await answerOnce(
      () => hook.received.length,
      (count) => count === 1,
    );
    expect(JSON.parse(hook.received[0].body)).toMatchObject({ key: 'escalation:2' });
  });

  it('are sent once per key while open, by any number of couriers', async () => {
    const notifiers = [assemble(), assemble(), assemble()];
    const isNew = await Promise.all(notifiers.map((notifier) => enqueue(notifier)));
    expect(isNew.filter(Boolean)).toHaveLength(1);
    await answerOnce(
      () => store.figures(),
      (figures) => figures[0]?.sent === 1,
    );
    expect(hook.received).toHaveLength(1);
    expect(await settle(notifiers[1])).toBe(true);
    expect(await settle(notifiers[1])).toBe(false);
    await answerOnce(
      () => hook.received.length,
      (count) => count === 2,
    );
    expect(events(hook)).toEqual(['raised', 'settled']);
    expect(await enqueue(notifiers[2])).toBe(true);
    await answerOnce(
      () => hook.received.length,
      (count) => count === 3,
    );
    expect(slack.received).toEqual([]);
  });

  it('are tried again with growing waits until the receiver is back', async () => {
    hook.mood = 'fails';
    const notifier = assemble();
    await enqueue(notifier);
    await answerOnce(
      () => hook.received.length,
      (count) => count >= 3,
    );
    expect((await store.figures())[0]).toMatchObject({
      pending: 1,
      lastError: `${hook.host} answered 503: fails`,
    });
    hook.mood = 'takes';
    await answerOnce(
      () => store.figures(),
      (figures) => figures[0].sent === 1,
    );
    const ids = hook.received.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(ids).size).toBe(1);
    expect(slack.received).toEqual([]);
  });

  it('go to the next channel when one refuses, and when nobody answers in time', async () => {
    const notifier = assemble();
    hook.mood = 'refuses';
    await enqueue(notifier);
    await answerOnce(
      () => slack.received.length,
      (count) => count === 1,
    );
    hook.mood = 'takes';
    await enqueue(notifier, notice({ key: 'escalation:3' }));
    await answerOnce(
      () => hook.received.length,
      (count) => count === 2,
    );
    expect(slack.received).toHaveLength(1);
    await database.dataSource.query(
      `UPDATE notifications SET escalate_at = now() WHERE key = 'escalation:3'`,
    );
    notifier.committed();
    await answerOnce(
      () => slack.received.length,
      (count) => count === 2,
    );
    await settle(notifier, 'escalation:3');
    await answerOnce(
      () => slack.received.length,
      (count) => count === 3,
    );
    expect(slack.received[2].body).toContain('settled');
  });

  it('are taken up by another courier when theirs died in the middle', async () => {
    const dead = assemble();
    await couriers[0].beforeApplicationShutdown();
    await enqueue(dead);
    expect(await store.claim(8, { channel: 'slack' })).toEqual([]);
    expect(await store.claim(8, { channel: 'webhook' })).toHaveLength(1);
    expect(await store.claim(8, { channel: 'webhook' })).toEqual([]);
    await database.dataSource.query('UPDATE notification_deliveries SET next_at = now()');
    assemble().committed();
    await answerOnce(
      () => store.figures(),
      (figures) => figures[0].sent === 1,
    );
    expect(hook.received).toHaveLength(1);
  });

  it('begin anew a while after every channel gave up, as long as they are open, and are not sent twice', async () => {
    [hook.mood, slack.mood] = ['refuses', 'refuses'];
    const notifier = assemble();
    await enqueue(notifier);
    await enqueue(notifier, notice({ key: 'escalation:over' }));
    await enqueue(notifier, notice({ key: 'note', needsAnswer: false }));
    const failed = async () => (await store.figures()).reduce((sum, each) => sum + each.failed, 0);
    await answerOnce(failed, (count) => count === 6);
    await settle(notifier, 'escalation:over');
    const revived = async (minutes: number) => {
      await database.dataSource.query(
        `UPDATE notification_deliveries SET error_at = now() - $1 * interval '1 minute' WHERE state = 'failed'`,
        [minutes],
      );
      const before = await failed();
      await store.revive(['webhook', 'slack']);
      return before - (await failed());
    };
    expect(await revived(14)).toBe(0);
    await database.dataSource.query(
      `UPDATE notification_deliveries SET error_at = now() - interval '16 minutes'`,
    );
    hook.mood = 'takes';
    // One that has just started looks at once.
    assemble().committed();
    await answerOnce(
      () => store.figures(),
      (figures) => figures.some(({ channel, sent }) => channel === 'webhook' && sent === 1),
    );
    await answerOnce(failed, (count) => count === 5);
    const keys = hook.received.map(({ body }) => (JSON.parse(body) as Notice).key);
    expect(keys.sort()).toEqual(['escalation:1', 'escalation:1', 'escalation:over', 'note']);
    // What has arrived stays so; the other channel still begins anew.
    expect(await revived(16)).toBe(1);
  });

  it('do not wait for a channel that says nothing', async () => {
    const { promise: silence, resolve: release } = Promise.withResolvers<void>();
    const told: string[] = [];
    let asked = 0;
    const silent: NotificationChannel = {
      ...{ name: 'webhook', target: 'nowhere', tellsSettled: false },
      send: async () => {
        asked += 1;
        await silence;
        return ok();
      },
    };
    const quick: NotificationChannel = {
      ...{ name: 'slack', target: 'here', tellsSettled: false },
      send: async ({ key }) => {
        told.push(key);
        return ok();
      },
    };
    const config = testConfig({ notifyChannels: ['webhook', 'slack'] });
    const channels = new Channels([silent, quick]);
    const courier = new Courier(config, channels, store, database.transactions, new MetricRegistry());
    couriers.push(courier);
    const notifier = new Notifier(config, channels, store, courier);
    try {
      for (let i = 0; i < 12; i++) await enqueue(notifier, notice({ key: `escalation:${i}` }));
      await answerOnce(
        () => asked,
        (count) => count >= 1,
      );
      await database.dataSource.query(
        `UPDATE notifications SET escalate_at = now() WHERE key = 'escalation:11'`,
      );
      notifier.committed();
      await answerOnce(
        () => told,
        (keys) => keys.length === 1,
      );
      expect(told).toEqual(['escalation:11']);
    } finally {
      release();
    }
  });

  it('are bounded in number, and forgotten when they are over', async () => {
    const notifier = assemble();
    await database.dataSource.query(
      `INSERT INTO notifications (id, key, kind, severity, title, body, path, needs_answer, stage, created_at)
       SELECT 'note_' || md5(i::text), 'k' || i, 'alert', 'info', '', '', '/', true, 'webhook', now() - interval '8 days'
       FROM generate_series(1, 10000) i`,
    );
    expect(await enqueue(notifier)).toBe(false);
    await store.tidy();
    expect(await enqueue(notifier)).toBe(true);
  });
});
