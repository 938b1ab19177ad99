import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { DataSource, QueryRunner } from 'typeorm';
import { CodedError } from '../../common/index.js';
import { listTables } from '../create/table-catalog.js';
import type { SnapshotManifest, SnapshotTable } from '../manifest.js';
import type { CheckedSnapshot } from './check-snapshot.js';
import { parentsFirst } from './table-order.js';

/** A statement takes rows until it has this many, or this many characters. */
const BATCH_ROWS = 1_000;
const BATCH_LENGTH = 2 * 1024 * 1024;

/**
 * Puts the rows of a snapshot into tables that hold nothing but what migrations put there, all in one transaction. Keys and checks of
 * the database hold for every row; its triggers, which judge changes, are left out. Throws `SNAPSHOT_TABLES` when rows or columns
 * are not what the manifest says. @param onBytes told of every batch
 */
export async function loadTables(
  dataSource: DataSource,
  { folder, manifest }: CheckedSnapshot,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  await runner.startTransaction();
  try {
    const ordered = await parentsFirst(runner, manifest.tables);
    await compareColumns(runner, manifest.tables);
    await makePartitions(runner, manifest);
    await withoutTriggers(runner, async () => {
      await runner.query(`TRUNCATE ${manifest.tables.map(({ name }) => `"${name}"`).join(', ')}`);
      for (const table of ordered) await loadTable(runner, folder, table, onBytes);
    });
    for (const { name, value } of manifest.sequences)
      await runner.query('SELECT setval(quote_ident($1)::regclass, $2)', [name, value]);
    await runner.commitTransaction();
  } catch (thrown) {
    await runner.rollbackTransaction().catch(() => undefined);
    throw thrown;
  } finally {
    await runner.release();
  }
}

async function compareColumns(runner: QueryRunner, tables: readonly SnapshotTable[]): Promise<void> {
  const shape = (list: readonly { name: string; columns: readonly string[] }[]) =>
    list
      .map(({ name, columns }) => `${name}(${columns.join()})`)
      .sort()
      .join(' ');
  if (shape(await listTables(runner)) !== shape(tables))
    throw new CodedError('SNAPSHOT_TABLES', 'The tables of the snapshot are not those of its migrations.');
}

/** Names and bounds were checked when the manifest was read. */
async function makePartitions(runner: QueryRunner, { partitions }: SnapshotManifest): Promise<void> {
  for (const { table, name, from, to } of partitions)
    await runner.query(
      `CREATE TABLE IF NOT EXISTS "${name}" PARTITION OF "${table}" FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
}

async function withoutTriggers(runner: QueryRunner, work: () => Promise<void>): Promise<void> {
  const rows = (await runner.query(
    `SELECT DISTINCT c.relname AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace`,
  )) as { name: string }[];
  for (const { name } of rows) await runner.query(`ALTER TABLE "${name}" DISABLE TRIGGER USER`);
  await work();
  await runner.query('SET CONSTRAINTS ALL IMMEDIATE');
  for (const { name } of rows) await runner.query(`ALTER TABLE "${name}" ENABLE TRIGGER USER`);
}

async function loadTable(
  runner: QueryRunner,
  folder: string,
  { name, file, rows }: SnapshotTable,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let loaded = 0;
  for await (const batch of batchesOf(join(folder, file))) {
    await runner.query(
      `INSERT INTO "${name}" OVERRIDING SYSTEM VALUE SELECT * FROM unnest($1::"${name}"[])`,
      [batch],
    );
    loaded += batch.length;
    onBytes(batch.reduce((sum, row) => sum + row.length, 0));
  }
  if (loaded !== rows)
    throw new CodedError('SNAPSHOT_TABLES', `${file} has ${loaded} rows; the manifest says ${rows}.`);
}

async function* batchesOf(path: string): AsyncIterable<readonly string[]> {
  let batch: string[] = [];
  let length = 0;
  for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
    const row: unknown = JSON.parse(line);
    if (typeof row !== 'string')
      throw new CodedError('SNAPSHOT_TABLES', `${path} has a line that is no row.`);
    batch.push(row);
    length += row.length;
    if (batch.length < BATCH_ROWS && length < BATCH_LENGTH) continue;
    yield batch;
    batch = [];
    length = 0;
  }
  if (batch.length > 0) yield batch;
}
