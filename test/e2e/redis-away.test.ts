import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ACCOUNT_SETTINGS, call, firstAdmin, register, type Person } from '../support/accounts.js';
import { startServer, temporaryFolder, until, type TestServer } from '../support/index.js';
import { lastingPort } from '../support/ports.js';
import { TinyRedis } from '../support/redis-server.js';

const PEOPLE = 4;
const PAUSE_MS = 5;

/** A Redis that can be taken away. */
interface Store {
  readonly url: string;
  /** It keeps its connections and answers nobody. */
  hang(): void;
  goOn(): void;
  /** Ends it at once; one that is gone already stays so. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Waits until the server counts there. */
  untilUsed(): Promise<void>;
}

async function tinyStore(): Promise<Store> {
  const port = await lastingPort();
  let redis = await TinyRedis.start(port);
  let runs = true;
  const counted = () => redis.asked('eval', 'evalsha');
  return {
    url: redis.url,
    hang: () => redis.hang(),
    goOn: () => redis.goOn(),
    kill: async () => {
      if (runs) await redis.stop();
      runs = false;
    },
    start: async () => {
      redis = await TinyRedis.start(port);
      runs = true;
    },
    untilUsed: () => {
      const before = counted();
      return until('the server counts in Redis', () => counted() > before);
    },
  };
}

async function realStore(): Promise<Store> {
  const port = await lastingPort();
  const words = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--dir',
    temporaryFolder('redis'),
  ];
  let redis: ChildProcess;
  const asked = async <T>(question: (client: Redis) => Promise<T>): Promise<T> => {
    const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await question(client);
    } finally {
      client.disconnect();
    }
  };
  const start = async () => {
    redis = spawn('redis-server', words, { stdio: 'ignore' });
    await until('a Redis that answers', async () => (await asked((client) => client.ping())) === 'PONG');
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    hang: () => void redis.kill('SIGSTOP'),
    goOn: () => void redis.kill('SIGCONT'),
    kill: async () => {
      if (redis.exitCode !== null || redis.signalCode !== null) return;
      const exited = once(redis, 'exit');
      redis.kill('SIGKILL');
      await exited;
    },
    start,
    untilUsed: async () => {
      await asked((client) => client.flushall());
      await until('the server counts in Redis', () => asked(async (client) => (await client.dbsize()) > 0));
    },
  };
}

const STORES: [string, () => Promise<Store>][] = [['a small one', tinyStore]];
if (spawnSync('redis-server', ['--version']).status === 0) STORES.push(['redis-server', realStore]);

describe.each(STORES)('under load by people who signed in, Redis (%s)', (_name, open) => {
  let store: Store;
  let server: TestServer;
  beforeAll(async () => {
    store = await open();
    server = await startServer({
      env: { ...ACCOUNT_SETTINGS, REDIS_URL: store.url },
      until: 'listening',
    });
  });
  afterAll(async () => {
    await server?.stop();
    await store?.kill();
  });

  it('may hang, be killed and come back: nobody is refused, and the emergency stop is answered', async () => {
    const admin = await firstAdmin(server);
    const people = await Promise.all(Array.from({ length: PEOPLE }, () => register(server)));
    const load = startLoad(server, people);
    const stop = () =>
      call(server, 'POST', '/api/guardian/emergency-stop', { token: admin.token, body: { reason: 'drill' } });
    const signIn = ({ name, password }: Person) =>
      call(server, 'POST', '/api/login', { body: { name, password } });
    await store.untilUsed();

    store.hang();
    expect((await stop()).status).toBe(200);
    expect((await signIn(people[0])).status).toBe(200);
    await load.everybodyCalls(20);
    store.goOn();
    await store.untilUsed();

    await store.kill();
    await load.everybodyCalls(20);
    expect((await stop()).status).toBe(200);
    await store.start();
    await store.untilUsed();
    expect((await signIn(people[0])).status).toBe(200);
    await load.everybodyCalls(5);
    expect(await load.end()).toEqual(new Set([200]));
  });
});

/** Everybody asks without a pause worth the name, and notes how it was answered. */
function startLoad(server: TestServer, people: readonly Person[]) {
  const calls = people.map(() => 0);
  const statuses = new Set<number>();
  let ended = false;
  const working = people.map(async ({ token }, i) => {
    for (; !ended; await delay(PAUSE_MS)) {
      statuses.add((await call(server, 'GET', '/api/me', { token })).status);
      calls[i] += 1;
    }
  });
  const everybodyCalls = (times: number) => {
    const wanted = calls.map((count) => count + times);
    return until(`${times} more answers for everybody`, () => wanted.every((least, i) => calls[i] >= least));
  };
  const end = async () => {
    ended = true;
    await Promise.all(working);
    return statuses;
  };
  return { everybodyCalls, end };
}
