import { Logger } from '@nestjs/common';
import { externalDatabase } from '../../src/database/index.js';
import { SharedSettings } from '../../src/guardian/shared/shared-settings.js';
import { openTestDatabase, until } from '../support/index.js';
import { startSilentProxy, type SilentProxy } from '../support/silent-proxy.js';

/** Longest time until another replica knows, ms: an emergency stop is such a setting. */
const ALLOWED_MS = 1_000;
/** So often it is changed, and more often until one change was known soon enough: the machine of the tests may stand still at any moment. */
const [CHANGES, MOST_CHANGES] = [6, 30];

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let proxy: SilentProxy;
let sut: SharedSettings;
/** What it was told, and when. */
const told = new Map<unknown, number>();

const listening = async () => {
  const [{ heard }] = await database.dataSource.query<{ heard: string }[]>(
    `SELECT count(*) AS heard FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'stemma-settings' AND query LIKE 'SELECT%'`,
  );
  return heard === '1';
};

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await openTestDatabase();
  proxy = await startSilentProxy(database.url, 'stemma-settings');
  sut = new SharedSettings(database.dataSource, externalDatabase(proxy.url));
  await sut.onModuleInit();
  sut.watch('autonomy', (value) => told.set(value, performance.now()));
  await until('it listens', listening);
});
afterAll(async () => {
  await sut?.onModuleDestroy();
  await proxy?.close();
  await database?.close();
});

/**
 * Changes the setting so that nobody is told, and waits until it is known all the same. Each change comes just behind the look that found
 * the one before, so that it waits for the whole time between two looks. @returns the shortest of the waits, ms
 */
async function shortest(what: string): Promise<number> {
  const waits: number[] = [];
  const isLate = () => waits.every((ms) => ms >= ALLOWED_MS);
  for (let change = 0; change <= CHANGES || (change <= MOST_CHANGES && isLate()); change++) {
    const value = `${what} ${change}`;
    const began = performance.now();
    await database.dataSource.query(
      `INSERT INTO shared_settings (name, value, changed_by, changed_at) VALUES ('autonomy', $1, 'ada', 0)
       ON CONFLICT (name) DO UPDATE SET value = $1`,
      [JSON.stringify(value)],
    );
    await until('it is known', () => told.has(value));
    // Before the first one nobody knows when the last look was.
    if (change > 0) waits.push(Number(told.get(value)) - began);
  }
  console.log(`${what}: known after ${waits.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  return Math.min(...waits);
}

it('knows within a second what no notice told of', async () => {
  expect(await shortest('a lost notice')).toBeLessThan(ALLOWED_MS);
});

it('knows as soon where the connection that brings notices is dead without a word, and makes it anew', async () => {
  const before = proxy.connections();
  proxy.silence();
  expect(await shortest('a silent connection')).toBeLessThan(ALLOWED_MS);
  await until('it tries to listen anew', () => proxy.connections() > before);
});
