import { jest } from '@jest/globals';
import pg from 'pg';
import { DurableQueue, externalDatabase } from '../../src/database/index.js';
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
