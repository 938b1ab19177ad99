import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { Instance } from '../../src/config/index.js';
import { externalDatabase, longReading } from '../../src/database/index.js';
import { RemedyBox } from '../../src/self-healing/remedies/remedy-box.js';
import { DatabaseView } from '../../src/snapshots/create/database-view.js';
import { createTestDatabase, testConfig, until } from '../support/index.js';

let url: string;
let app: INestApplicationContext;
let drop: () => Promise<void>;
const others: Client[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  const database = await createTestDatabase();
  ({ url } = database);
  drop = () => database.drop();
  app = await NestFactory.createApplicationContext(
    AppModule.forRoot(testConfig({ taskWorkers: 0 }), externalDatabase(url)),
    { logger: false, abortOnError: false },
  );
});
afterAll(async () => {
  await Promise.all(others.map((client) => client.end()));
  await app?.close();
  await drop?.();
});

/** A transaction of a pool of that name that was begun and forgotten. @returns whether it is still there */
async function forgotten(name: string): Promise<() => Promise<boolean>> {
  const client = new Client({ connectionString: url, application_name: name });
  client.on('error', () => undefined);
  await client.connect();
  others.push(client);
  await client.query('BEGIN');
  return () =>
    client.query('SELECT 1').then(
      () => true,
      () => false,
    );
}

it("cuts off what hangs in this server's pool, neither other servers' nor readings that may take long", async () => {
  const dataSource = app.get(DataSource);
  const { id } = app.get(Instance);
  const named = (manager: Pick<DataSource, 'query'>) =>
    manager.query<{ name: string }[]>(`SELECT current_setting('application_name') AS name`);
  expect(await named(dataSource)).toEqual([{ name: `stemma@${id}` }]);
  const own = await forgotten(`stemma@${id}`);
  const elsewhere = await Promise.all(['stemma@0123456789ab', 'stemma'].map(forgotten));
  const over = Promise.withResolvers<void>();
  const readings = [
    longReading(dataSource, async (manager) => {
      await over.promise;
      return manager.query<{ one: number }[]>('SELECT 1 AS one');
    }),
    DatabaseView.run(dataSource, async ({ runner }) => {
      await over.promise;
      return runner.query('SELECT 1 AS one') as Promise<{ one: number }[]>;
    }),
  ];
  const hanging = `SELECT count(*)::int AS hanging FROM pg_stat_activity WHERE datname = current_database()
    AND state LIKE 'idle in transaction%' AND state_change < now() - interval '5 seconds'`;
  await until('all of them look as if they hung', async () => {
    const [row] = await dataSource.query<{ hanging: number }[]>(hanging);
    return row.hanging >= 5;
  });
  expect(await app.get(RemedyBox).get('reset_pool').act('a drill', 'manual')).toBe(
    '1 stuck connections were cut off',
  );
  over.resolve();
  expect(await own()).toBe(false);
  expect(await Promise.all(elsewhere.map((there) => there()))).toEqual([true, true]);
  expect(await Promise.all(readings)).toEqual([[{ one: 1 }], [{ one: 1 }]]);
});
