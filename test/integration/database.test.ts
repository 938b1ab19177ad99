import type { EntityManager } from 'typeorm';
import { createTestDatabase, openTestDatabase } from '../support/index.js';

describe('transactions', () => {
  let database: Awaited<ReturnType<typeof openTestDatabase>>;

  beforeAll(async () => {
    database = await openTestDatabase();
    await database.dataSource.query('CREATE TABLE counters (id int PRIMARY KEY, value int NOT NULL)');
    await database.dataSource.query('INSERT INTO counters VALUES (1, 0), (2, 0)');
  });

  afterAll(() => database.close());

  const valueOf = async (id: number) => {
    const rows: { value: number }[] = await database.dataSource.query(
      'SELECT value FROM counters WHERE id = $1',
      [id],
    );
    return rows[0].value;
  };

  it('keeps nothing of work that throws', async () => {
    await expect(
      database.transactions.run(async (manager) => {
        await manager.query('UPDATE counters SET value = 99 WHERE id = 1');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await valueOf(1)).toBe(0);
  });

  it('runs work again that lost to a deadlock, until both are done', async () => {
    let attempts = 0;
    const bothHoldOne = barrier(2);
    const add = (first: number, second: number) => {
      let firstTry = true;
      return database.transactions.run(async (manager: EntityManager) => {
        attempts++;
        await manager.query('UPDATE counters SET value = value + 1 WHERE id = $1', [first]);
        if (firstTry) await bothHoldOne();
        firstTry = false;
        await manager.query('UPDATE counters SET value = value + 1 WHERE id = $1', [second]);
      });
    };
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(attempts).toBeGreaterThan(2);
    expect([await valueOf(1), await valueOf(2)]).toEqual([2, 2]);
  });

  it('does not repeat work that failed for any other reason', async () => {
    let attempts = 0;
    await expect(
      database.transactions.run((manager) => {
        attempts++;
        return manager.query('SELECT 1 / 0');
      }),
    ).rejects.toThrow('division by zero');
    expect(attempts).toBe(1);
  });
});

describe('migrations', () => {
  it('go down to nothing and up again', async () => {
    const { dataSource, close } = await openTestDatabase();
    const tables = async () => {
      const rows: { name: string }[] = await dataSource.query(
        `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`,
      );
      return rows.map(({ name }) => name);
    };
    const before = await tables();
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    expect(await tables()).toEqual(['migrations']);
    await dataSource.runMigrations();
    expect(await tables()).toEqual(before);
    await close();
  });

  it('leave every test database empty and its own', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    expect(one.url).not.toBe(other.url);
    await Promise.all([one.drop(), other.drop()]);
  });
});

/** A promise for each of `count` callers that resolves when all have called. */
function barrier(count: number): () => Promise<void> {
  let open: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  return () => {
    if (++waiting === count) open();
    return opened;
  };
}
