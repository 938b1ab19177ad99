import { setImmediate as settled } from 'node:timers/promises';
import { PATIENCE_MS, until } from '../../../test/support/patience.js';
import { lastingPort } from '../../../test/support/ports.js';
import { TinyRedis } from '../../../test/support/redis-server.js';
import { testConfig } from '../../../test/support/test-config.js';
import { Limiters, type Limiter } from './limiters.js';

describe('limiters of two replicas', () => {
  it('count together in Redis, each alone while it is away, and together again', async () => {
    const port = await lastingPort();
    let redis = await TinyRedis.start(port);
    const { url } = redis;
    const replicas = [
      new Limiters(testConfig({ redisUrl: url })),
      new Limiters(testConfig({ redisUrl: url })),
    ];
    const [a, b] = replicas.map((limiters) => limiters.create('test', 1_000_000, 60));
    try {
      await untilShared(a, b, true);
      await redis.stop();
      await untilShared(a, b, false);
      expect((await a.take('alone')).count).toBe(1);
      expect((await b.take('alone')).count).toBe(1);
      redis = await TinyRedis.start(port);
      await untilShared(a, b, true);
    } finally {
      for (const limiters of replicas) limiters.onModuleDestroy();
      await redis.stop();
    }
  });

  it('count alone while Redis takes what is asked and never answers, and wait for it once', async () => {
    const redis = await TinyRedis.start();
    const replicas = [0, 1].map(() => new Limiters(testConfig({ redisUrl: redis.url })));
    const [a, b] = replicas.map((limiters) => limiters.create('test', 5, 60));
    const counted = () => redis.asked('eval', 'evalsha');
    try {
      await untilShared(a, b, true);
      redis.hang();
      const before = counted();
      expect((await a.take('first')).count).toBe(1);
      await until('Redis was asked', () => counted() > before);
      for (let i = 2; i <= 6; i++) expect(await a.take('first')).toMatchObject({ count: i, allowed: i <= 5 });
      await a.giveBack('first');
      await a.forget('first');
      expect((await a.take('first')).count).toBe(1);
      expect([counted() - before, redis.asked('del')]).toEqual([1, 0]);
      await expect(replicas[0].ping()).rejects.toThrow();
      redis.goOn();
      await untilShared(a, b, true);
    } finally {
      for (const limiters of replicas) limiters.onModuleDestroy();
      await redis.stop();
    }
  });

  it('of one process ask no Redis', async () => {
    const redis = await TinyRedis.start();
    const limiters = new Limiters(testConfig({ redisUrl: redis.url }));
    try {
      await untilShared(limiters.create('x', 1, 60), limiters.create('x', 1, 60), true);
      const before = redis.asked('eval', 'evalsha');
      const own = limiters.createLocal('own', 2, 60);
      const taken = [await own.take('x'), await own.take('x'), await own.take('x')];
      expect(taken.map(({ allowed }) => allowed)).toEqual([true, true, false]);
      expect(redis.asked('eval', 'evalsha')).toBe(before);
    } finally {
      limiters.onModuleDestroy();
      await redis.stop();
    }
  });

  it('refuse what is beyond, and forget', async () => {
    const limiter = new Limiters(testConfig()).create('test', 2, 60);
    const allowed = async () => (await limiter.take('x')).allowed;
    expect([await allowed(), await allowed(), await allowed()]).toEqual([true, true, false]);
    await limiter.forget('x');
    expect(await allowed()).toBe(true);
  });
});

let keys = 0;

/** Waits until what one counts is (not) what the other counts. */
async function untilShared(a: Limiter, b: Limiter, wanted: boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (let shared = !wanted; shared !== wanted;) {
    if (performance.now() > end)
      throw new Error(`the replicas do not count ${wanted ? 'together' : 'alone'}`);
    const key = `key ${keys++}`;
    await a.take(key);
    shared = (await b.take(key)).count === 2;
    await settled();
  }
}
