import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { systemCodeOf, unwrap } from '../../src/common/index.js';
import {
  connectDataSource,
  dataSourceOptions,
  EmbeddedPostgres,
  Transactions,
} from '../../src/database/index.js';
import { testConfig } from './test-config.js';

const PREFIX = 'stemma-postgres-for-';
const TEMPLATE = 'stemma_template';
/** Tests lose nothing when the machine does; the tests of durability start a PostgreSQL of their own. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

let shared: Promise<string> | undefined;

/**
 * The URL of a PostgreSQL that all test files run by this process share. It ends with the process. Its database
 * `stemma_template` holds the migrated, empty schema.
 */
export function sharedPostgres(): Promise<string> {
  return (shared ??= findOrStart());
}

/** A new database with the migrated, empty schema, and a way to be rid of it. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const base = await sharedPostgres();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(base, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  return { url: withDatabase(base, name), drop: () => execute(base, `DROP DATABASE ${name} WITH (FORCE)`) };
}

/** A connected `DataSource` on a new database; `close` drops it. */
export async function openTestDatabase(): Promise<{
  dataSource: DataSource;
  transactions: Transactions;
  url: string;
  close(): Promise<void>;
}> {
  const database = await createTestDatabase();
  const dataSource = await connectDataSource(new DataSource(dataSourceOptions(testConfig(), database.url)));
  const close = async () => {
    await dataSource.destroy();
    await database.drop();
  };
  return { dataSource, transactions: new Transactions(dataSource), url: database.url, close };
}

async function findOrStart(): Promise<string> {
  const folder = join(tmpdir(), `${PREFIX}${process.pid}`);
  const note = join(folder, 'url');
  if (existsSync(note)) {
    const url = readFileSync(note, 'utf8');
    if (await answers(url)) return url;
  }
  removeLeftovers();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  const embedded = unwrap(await EmbeddedPostgres.start(testConfig({ dataDir: folder }), {}, FAST));
  embedded.unref();
  await execute(embedded.url, `CREATE DATABASE ${TEMPLATE}`);
  const templateUrl = withDatabase(embedded.url, TEMPLATE);
  const dataSource = await connectDataSource(new DataSource(dataSourceOptions(testConfig(), templateUrl)));
  await dataSource.destroy();
  writeFileSync(note, embedded.url);
  return embedded.url;
}

/** Folders of processes that are gone; their PostgreSQL went with them. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX) || isAlive(Number(name.slice(PREFIX.length)))) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return systemCodeOf(thrown) !== 'ESRCH';
  }
}

async function answers(url: string): Promise<boolean> {
  return execute(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
