import { jest } from '@jest/globals';
import pg from 'pg';
import { ExaminationRegistry } from '../../src/common/observation/examination-registry.js';
import { HealthRegistry } from '../../src/common/observation/health-registry.js';
import { QueueRegistry } from '../../src/common/observation/queue-registry.js';
import { DurableQueue, externalDatabase, QueueExamination } from '../../src/database/index.js';
import { WorkerRemedy } from '../../src/self-healing/remedies/worker-remedy.js';
import { openTestDatabase, testConfig, until } from '../support/index.js';

interface Job {
  readonly number: number;
}

describe('a durable queue that stops', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;

  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const open = () =>
    new DurableQueue<Job>(testConfig({}), externalDatabase(database.url), {
      ...{ identifier: 'stops', application: 'stops', logger: 'Stops', atOnce: 2 },
    });
  const left = async () => {
    const [{ count }] = await database.dataSource.query<{ count: string }[]>(
      'SELECT count(*) FROM graphile_worker._private_jobs',
    );
    return Number(count);
  };

  it('notes the end of jobs that end because it stops', async () => {
    const queue = open();
    await queue.ready();
    let begun = 0;
    queue.start(() => {
      begun++;
      // Only when the queue already waits for it.
      return new Promise((resolve) => {
        queue.stopSignal.addEventListener('abort', () => setTimeout(resolve, 50));
      });
    });
    const numbers = [1, 2];
    for (const number of numbers) await queue.put(database.dataSource, `job ${number}`, { number });
    await until('both are being done', () => begun === 2);
    const end = jest.spyOn(pg.Pool.prototype, 'end');
    await queue.beforeApplicationShutdown();
    const [pool] = end.mock.contexts as pg.Pool[];
    expect([pool.totalCount, pool.waitingCount]).toEqual([0, 0]);
    expect(await left()).toBe(0);
  });
});

describe('the workers of durable queues', () => {
  const IDENTIFIER = 'watched';
  /** Seconds that pass while the clock of this process counts one. */
  const SLOW = 100;
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  /**
   * How far the clock of this process is ahead, ms: nobody waits for workers to become steady. By itself it is slow, so that
   * none become so because the machine is.
   */
  let ahead = 0;
  const queues: DurableQueue<Job>[] = [];

  beforeAll(async () => {
    database = await openTestDatabase();
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() / SLOW + ahead);
  });
  afterAll(async () => {
    await Promise.all(queues.map((queue) => queue.beforeApplicationShutdown()));
    jest.restoreAllMocks();
    await database.close();
  });

  const watch = (url = database.url) => {
    const [registry, health, examinations] = [
      new QueueRegistry(),
      new HealthRegistry(),
      new ExaminationRegistry(),
    ];
    const options = { identifier: IDENTIFIER, application: 'watched', logger: 'Watched', atOnce: 1 };
    const queue = new DurableQueue<Job>(testConfig({}), externalDatabase(url), options, registry);
    queues.push(queue);
    new QueueExamination(database.dataSource, registry, health, examinations).onModuleInit();
    const ready = async () => (await health.check()).probes.workers;
    const examined = async () => (await examinations.check()).probes.workers;
    const [restart] = new WorkerRemedy(registry).all;
    return {
      queue,
      registry,
      ready,
      examined,
      restart: (by: 'workers_down' | 'manual') => restart.act('', by),
    };
  };

  it('are missed where none can begin, and why is said', async () => {
    const { queue, registry, ready, restart } = watch('postgres://nobody@127.0.0.1:1/nothing');
    expect(registry.worst()).toBeNull();
    queue.start(async () => undefined);
    await until('a try to fail', () => registry.worst()?.why !== 'they begin');
    expect((await ready()).status).toBe('ok');
    ahead += 15_000;
    expect(registry.worst()).toMatchObject({
      identifier: IDENTIFIER,
      why: expect.stringContaining('REFUSED'),
    });
    expect(await ready()).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(/^nobody has taken jobs of watched for 1\d s: .*REFUSED/),
    });
    expect(await restart('workers_down')).toBe('new workers for watched');
    await queues.pop()?.beforeApplicationShutdown();
    expect(registry.worst()).toBeNull();
  });

  it('are begun anew over new connections, are steady after a while, and forget no job', async () => {
    const { queue, registry, ready, examined, restart } = watch();
    const done: number[] = [];
    let release: () => void = () => undefined;
    queue.start(async ({ number }) => {
      if (number === 3)
        await new Promise<void>((resolve) => {
          release = resolve;
          queue.stopSignal.addEventListener('abort', () => resolve());
        });
      done.push(number);
    });
    await queue.ready();
    await queue.put(database.dataSource, 'first', { number: 1 });
    await until('a job to be done', () => done.length === 1);
    const before = await connections();
    expect(await restart('workers_down')).toBe('every queue has its workers');
    expect(await restart('manual')).toBe('new workers for watched');
    await queue.ready();
    await queue.put(database.dataSource, 'second', { number: 2 });
    await until('another', () => done.length === 2);
    const after = await connections();
    expect([before.length > 0, after.length > 0]).toEqual([true, true]);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(registry.worst()).toBeNull();
    // Those that end soon, again and again, are believed in only once they have lasted.
    for (let life = 2; life <= 3; life++) {
      await restart('manual');
      await queue.put(database.dataSource, `life ${life}`, { number: 2 });
      await until('its job to be done', () => done.length === life + 1);
    }
    expect(registry.worst()?.brokenMs).toBeGreaterThan(0);
    ahead += 10_000;
    expect(registry.worst()).toBeNull();
    expect(await ready()).toEqual({ status: 'ok', detail: 'there are workers for every queue' });
    expect(await examined()).toEqual({ status: 'ok', detail: 'jobs that are due are done' });

    // While its worker is busy another one may wait; where nobody works it is forgotten.
    await queue.put(database.dataSource, 'long', { number: 3 });
    await until('it to be begun', async () => (await locked()) === 1);
    await queue.put(database.dataSource, 'waits', { number: 4 });
    await database.dataSource.query(
      `UPDATE graphile_worker._private_jobs SET run_at = now() - interval '90 s' WHERE locked_at IS NULL`,
    );
    expect((await examined()).status).toBe('ok');
    await database.dataSource.query('UPDATE graphile_worker._private_jobs SET locked_at = NULL');
    expect(await examined()).toMatchObject({
      status: 'failed',
      detail: expect.stringMatching(
        /^\d jobs of watched are due and nobody does any, the oldest for \d{2,} s$/,
      ),
    });
    release();
  });

  const connections = async () => {
    const rows = await database.dataSource.query<{ pid: number }[]>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'watched'`,
    );
    return rows.map(({ pid }) => pid);
  };
  const locked = async () => {
    const [{ count }] = await database.dataSource.query<{ count: string }[]>(
      'SELECT count(*) FROM graphile_worker._private_jobs WHERE locked_at IS NOT NULL',
    );
    return Number(count);
  };
});
