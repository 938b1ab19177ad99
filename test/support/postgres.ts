import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { systemCodeOf, unwrap } from '../../src/common/index.js';
import type { Transactions } from '../../src/database/index.js';
import { testConfig } from './test-config.js';

const PREFIX = 'stemma-postgres-for-';
const TEMPLATE = 'stemma_template';
/** Tests lose nothing when the machine does; the tests of durability start a PostgreSQL of their own. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

let shared: Promise<string> | undefined;
const prepared = new Map<string, Promise<void>>();

/**
 * The URL of a PostgreSQL that all test files run by this process share. It ends with the process. Its database
 * `stemma_template` holds the migrated, empty schema.
 */
export function sharedPostgres(): Promise<string> {
  return (shared ??= findOrStart());
}

/** A new database with the migrated, empty schema, and a way to be rid of it. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return copyDatabase(await sharedPostgres(), TEMPLATE);
}

async function copyDatabase(base: string, template: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(base, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return { url: withDatabase(base, name), drop: () => execute(base, `DROP DATABASE ${name} WITH (FORCE)`) };
}

/** What a server has: its data folder and its database. */
export interface ServerGround {
  readonly dataDir: string;
  readonly url: string;
}

/**
 * A copy of what a server leaves behind that has imported a model, which takes it longer than anything else in a start. Made once
 * for all test files run by this process.
 * @param name what it is called, in small letters
 * @param to an empty folder that becomes the data folder
 * @param prepare runs such a server on a folder and a database, and ends it
 */
export async function copyPreparedGround(
  name: string,
  to: string,
  prepare: (ground: ServerGround) => Promise<void>,
): Promise<ServerGround> {
  const base = await sharedPostgres();
  const folder = join(tmpdir(), `${PREFIX}${process.pid}`, name);
  const database = `stemma_${name}`;
  const made = prepared.get(name) ?? prepareOnce(base, folder, database, prepare);
  prepared.set(name, made);
  await made;
  cpSync(folder, to, { recursive: true, preserveTimestamps: true });
  return { dataDir: to, url: (await copyDatabase(base, database)).url };
}

/** A note beside the folder says that it is whole: this module is loaded anew for every test file. */
async function prepareOnce(
  base: string,
  folder: string,
  database: string,
  prepare: (ground: ServerGround) => Promise<void>,
): Promise<void> {
  const whole = `${folder}.whole`;
  if (existsSync(whole)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o755 });
  await execute(base, `DROP DATABASE IF EXISTS ${database}`);
  await execute(base, `CREATE DATABASE ${database} TEMPLATE ${TEMPLATE}`);
  await prepare({ dataDir: folder, url: withDatabase(base, database) });
  writeFileSync(whole, '');
}

/** A connected `DataSource` on a new database; `close` drops it. */
export async function openTestDatabase(): Promise<{
  dataSource: DataSource;
  transactions: Transactions;
  url: string;
  close(): Promise<void>;
}> {
  const database = await createTestDatabase();
  const dataSource = await connect(database.url);
  const { Transactions } = await import('../../src/database/index.js');
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
  const { EmbeddedPostgres } = await import('../../src/database/index.js');
  const embedded = unwrap(await EmbeddedPostgres.start(testConfig({ dataDir: folder }), {}, FAST));
  embedded.unref();
  await execute(embedded.url, `CREATE DATABASE ${TEMPLATE}`);
  const templateUrl = withDatabase(embedded.url, TEMPLATE);
  await (await connect(templateUrl)).destroy();
  writeFileSync(note, embedded.url);
  return embedded.url;
}

/** The database layer takes a test file longer to load than all else here: most files only use what another one has started. */
async function connect(url: string): Promise<DataSource> {
  const [{ DataSource }, { connectDataSource, dataSourceOptions }] = await Promise.all([
    import('typeorm'),
    import('../../src/database/index.js'),
  ]);
  return connectDataSource(new DataSource(dataSourceOptions(testConfig(), url)));
}

/** Folders of processes that are gone; their PostgreSQL went with them. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX) || isAlive(Number(name.slice(PREFIX.length)))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another process removes it at the same moment, or its PostgreSQL is writing its last files: the next one will.
    }
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
