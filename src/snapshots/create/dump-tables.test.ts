import type { DataSource } from 'typeorm';
import { Amount } from './amount.js';
import { DatabaseView } from './database-view.js';
import { dumpDatabase } from './dump-tables.js';
import type { SnapshotWriter } from './snapshot-writer.js';

/** A database of tables with nothing else in it, which notes how many rows it was asked for at once. */
function databaseOf(tables: Readonly<Record<string, readonly string[]>>) {
  const asked: number[] = [];
  let left: string[] = [];
  const answer = (sql: string): unknown[] => {
    if (sql.includes('pg_try_advisory_lock')) return [{ taken: true }];
    const table = /FROM "(\w+)" t$/.exec(sql)?.[1];
    if (table !== undefined) left = [...tables[table]];
    const count = Number(/^FETCH (\d+) /.exec(sql)?.[1] ?? 0);
    if (count > 0) asked.push(count);
    return left.splice(0, count).map((row) => ({ row }));
  };
  const runner = {
    connect: () => Promise.resolve(),
    release: () => Promise.resolve(),
    query: (sql: string) => Promise.resolve(answer(sql)),
  };
  return { asked, dataSource: { createQueryRunner: () => runner } as unknown as DataSource };
}

it('few rows of a table with bytes are in memory at once, and no more than one is written together', async () => {
  const long = 'x'.repeat(1024 * 1024);
  const rows = { narrow: Array.from({ length: 300 }, (_, i) => `(${i})`), wide: [long, long, long] };
  const { asked, dataSource } = databaseOf(rows);
  const pieces: string[] = [];
  const writer = {
    add: async (_: string, source: AsyncIterable<Uint8Array>) => {
      for await (const piece of source) pieces.push(Buffer.from(piece).toString());
    },
  } as unknown as SnapshotWriter;
  const tables = [
    { name: 'narrow', columns: ['n'], wide: false, bytes: 1 },
    { name: 'wide', columns: ['b'], wide: true, bytes: 1 },
  ];
  const { tables: dumped } = await DatabaseView.run(dataSource, (view) =>
    dumpDatabase(view, tables, writer, new Amount(2, undefined, () => undefined)),
  );
  expect(dumped.map((table) => table.rows)).toEqual([300, 3]);
  expect(asked).toEqual([200, 200, 2, 2]);
  const lines = (some: readonly string[]) => some.map((row) => `${JSON.stringify(row)}\n`).join('');
  expect(pieces).toEqual([
    ...[lines(rows.narrow.slice(0, 200)), lines(rows.narrow.slice(200))],
    ...rows.wide.map((row) => lines([row])),
  ]);
});
