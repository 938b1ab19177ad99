import { until as becomes } from '../../test/support/patience.js';
import { lastingPort } from '../../test/support/ports.js';
import { TinyRedis } from '../../test/support/redis-server.js';
import { MemoryFanOut, type FanOut } from './fan-out.js';
import { RedisFanOut } from './redis-fan-out.js';
import type { Notice } from './topics.js';

const notice = (data: number): Notice => ({ topic: 'chain', type: 'x', data, at: data });
const until = (condition: () => boolean) => becomes(String(condition), condition);

function listening(fanOut: FanOut): Notice[] {
  const heard: Notice[] = [];
  fanOut.listen((one) => void heard.push(one));
  return heard;
}

describe.each(['memory', 'Redis'])('fan-out by %s', (kind) => {
  let redis: TinyRedis;
  let fanOut: FanOut;
  beforeEach(async () => {
    redis = await TinyRedis.start();
    fanOut = kind === 'memory' ? new MemoryFanOut() : new RedisFanOut(redis.url, () => undefined);
    if (kind === 'Redis') await until(() => redis.listeners === 1);
  });
  afterEach(async () => {
    await fanOut.close();
    await redis.stop();
  });

  it('tells every listener of its own process at once, in order, each notice once', () => {
    const [one, other] = [listening(fanOut), listening(fanOut)];
    fanOut.publish(notice(1));
    fanOut.publish(notice(2));
    expect(one.map(({ data }) => data)).toEqual([1, 2]);
    expect(other).toEqual(one);
  });

  it('tells nobody after it was closed', async () => {
    const heard = listening(fanOut);
    await fanOut.close();
    fanOut.publish(notice(1));
    expect(heard).toEqual([]);
  });
});

describe('fan-out between replicas', () => {
  it('carries notices both ways, in order, none twice', async () => {
    const redis = await TinyRedis.start();
    const [one, other] = [
      new RedisFanOut(redis.url, () => undefined),
      new RedisFanOut(redis.url, () => undefined),
    ];
    await until(() => redis.listeners === 2);
    const [atOne, atOther] = [listening(one), listening(other)];
    for (let i = 0; i < 20; i++) one.publish(notice(i));
    await until(() => atOther.length === 20);
    other.publish(notice(99));
    await until(() => atOne.length === 21);
    expect(atOther.map(({ data }) => data)).toEqual([...Array(20).keys(), 99]);
    expect(atOne).toEqual(atOther);
    await Promise.all([one.close(), other.close()]);
    await redis.stop();
  });

  it('works on alone while Redis is away, and together again when it is back', async () => {
    const port = await lastingPort();
    const first = await TinyRedis.start(port);
    const { url } = first;
    const troubles: string[] = [];
    const [one, other] = [
      new RedisFanOut(url, (detail) => troubles.push(detail)),
      new RedisFanOut(url, () => undefined),
    ];
    await until(() => first.listeners === 2);
    const [atOne, atOther] = [listening(one), listening(other)];
    await first.stop();
    one.publish(notice(1));
    expect(atOne).toHaveLength(1);
    await until(() => troubles.length > 0);
    const second = await TinyRedis.start(port);
    await until(() => second.listeners === 2);
    await until(() => {
      one.publish(notice(2));
      return atOther.length > 0;
    });
    expect(atOther[0].data).toBe(2);
    await Promise.all([one.close(), other.close()]);
    await second.stop();
  });

  it('does not go on telling a Redis that never answers, and finds back to one that does', async () => {
    const redis = await TinyRedis.start();
    const troubles: string[] = [];
    const [one, other] = [
      new RedisFanOut(redis.url, (detail) => troubles.push(detail)),
      new RedisFanOut(redis.url, () => undefined),
    ];
    const [atOne, atOther] = [listening(one), listening(other)];
    await until(() => redis.listeners === 2);
    await until(() => {
      one.publish(notice(0));
      return atOther.length > 0;
    });
    redis.hang();
    one.publish(notice(1));
    // both connections of the first have found out once each was told so
    await until(() => troubles.some((detail) => /Command timed out/.test(detail)));
    await until(() => troubles.some((detail) => /Socket timeout/.test(detail)));
    const [published, delivered] = [redis.asked('publish'), atOne.length];
    for (let i = 0; i < 100; i++) one.publish(notice(2));
    expect(atOne).toHaveLength(delivered + 100);
    expect(redis.asked('publish')).toBe(published);
    redis.goOn();
    await until(() => {
      one.publish(notice(3));
      return atOther.some(({ data }) => data === 3);
    });
    expect(atOther.some(({ data }) => data === 2)).toBe(false);
    await Promise.all([one.close(), other.close()]);
    await redis.stop();
  });
});
