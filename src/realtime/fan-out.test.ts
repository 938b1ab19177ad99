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

  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  /** Two replicas, what the second has heard, and how often each was told that it has missed something. */
  async function pair() {
    const redis = await TinyRedis.start(await lastingPort());
    const troubles: string[] = [];
    const [one, other] = [
      new RedisFanOut(redis.url, (detail) => troubles.push(detail)),
      new RedisFanOut(redis.url, () => undefined),
    ];
    ends.push(() => Promise.all([one.close(), other.close()]).then(() => redis.stop()));
    const gaps = { one: 0, other: 0 };
    one.onGap(() => gaps.one++);
    other.onGap(() => gaps.other++);
    await until(() => redis.listeners === 2);
    const heard = listening(other);
    // Both publish and listen: nothing has been missed at the start.
    await until(() => {
      one.publish(notice(0));
      return heard.length > 0;
    });
    return { redis, troubles, one, other, gaps, heard };
  }

  it('tells those that could not be reached, once, that they have missed something, before they hear more', async () => {
    const { redis, troubles, one, other, gaps, heard } = await pair();
    expect(gaps).toEqual({ one: 0, other: 0 });
    const before: unknown[] = [];
    other.onGap(() => before.push(...heard.map(({ data }) => data)));
    redis.lose('others');
    await until(() => troubles.length > 0);
    for (const data of [1, 2, 3]) one.publish(notice(data));
    await redis.takeNew();
    await until(() => {
      one.publish(notice(4));
      return heard.some(({ data }) => data === 4);
    });
    expect(heard.map(({ data }) => data)).not.toContain(2);
    expect(gaps).toEqual({ one: 0, other: 1 });
    expect(before).not.toContain(4);
  });

  it('tells those that have not listened for a while that they may have missed something, once they listen again', async () => {
    const { redis, one, other, gaps, heard } = await pair();
    let listeners = 0;
    other.onGap(() => (listeners = redis.listeners));
    redis.lose('subscribers');
    await until(() => redis.listeners === 0);
    one.publish(notice(1));
    await redis.takeNew();
    await until(() => gaps.one === 1 && gaps.other === 1);
    expect(listeners).toBeGreaterThan(0);
    await until(() => {
      one.publish(notice(2));
      return heard.some(({ data }) => data === 2);
    });
    expect(gaps).toEqual({ one: 1, other: 1 });
  });

  it('tells others that they have missed a notice that is too large to be carried', async () => {
    const { one, gaps, heard } = await pair();
    const known = heard.length;
    one.publish({ ...notice(1), data: 'x'.repeat(300_000) });
    one.publish(notice(2));
    await until(() => heard.length > known && heard.at(-1)?.data === 2);
    expect(gaps).toEqual({ one: 0, other: 1 });
  });

  it('says seldom that something was missed, however often it is, and never forgets the last time', async () => {
    const { one, gaps, heard } = await pair();
    for (let i = 0; i < 5; i++) one.publish({ ...notice(1), data: 'x'.repeat(300_000) });
    one.publish(notice(2));
    await until(() => heard.at(-1)?.data === 2);
    expect(gaps.other).toBe(1);
    await until(() => gaps.other === 2);
  });

  it('tells of a Redis that does not let it listen, and listens once it does', async () => {
    const { redis, troubles, one, other, gaps, heard } = await pair();
    redis.deafening = true;
    redis.lose('subscribers');
    await redis.takeNew();
    await until(() => troubles.some((detail) => detail.includes('NOPERM')));
    redis.deafening = false;
    await until(() => {
      other.publish(notice(7));
      one.publish(notice(8));
      return heard.some(({ data }) => data === 8);
    });
    await until(() => gaps.other > 0);
  });
});
