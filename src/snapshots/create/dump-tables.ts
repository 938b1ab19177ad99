import type { SnapshotBody, SnapshotTable } from '../manifest.js';
import type { Amount } from './amount.js';
import type { DatabaseView } from './database-view.js';
import type { SnapshotWriter } from './snapshot-writer.js';
import { listMigrations, listPartitions, listSequences, type CatalogTable } from './table-catalog.js';

/** Rows fetched at once of a table with bytes: one may have megabytes, and twice as much as text. */
const WIDE_BATCH = 2;
/** Lines are written together up to about so many characters. */
const PIECE_LENGTH = 1024 * 1024;

/** What a manifest says about the database. */
export type DatabasePart = Pick<SnapshotBody, 'migrations' | 'tables' | 'partitions' | 'sequences'>;

/** Writes the rows of all tables. @param progress told when a table is done */
export async function dumpDatabase(
  view: DatabaseView,
  tables: readonly CatalogTable[],
  writer: SnapshotWriter,
  progress: Amount,
): Promise<DatabasePart> {
  const partitions = await listPartitions(view.runner);
  const migrations = await listMigrations(view.runner);
  const dumped = [];
  for (const table of tables) {
    dumped.push(await dumpTable(view, table, writer, () => progress.add(0, table.name)));
    progress.add(table.bytes, table.name);
  }
  // Sequences know no transactions: read last, none is behind the rows.
  const sequences = await listSequences(view.runner);
  return { migrations, tables: dumped, partitions, sequences };
}

/**
 * Writes a table's rows to `tables/<name>.jsonl`: a line per row, a JSON string with the row in PostgreSQL's own text form of a
 * composite value, which PostgreSQL reads back without loss whatever the types.
 */
async function dumpTable(
  view: DatabaseView,
  { name, columns, wide }: CatalogTable,
  writer: SnapshotWriter,
  onRows: () => void,
): Promise<SnapshotTable> {
  let rows = 0;
  const file = `tables/${name}.jsonl`;
  const lines = async function* (): AsyncIterable<Uint8Array> {
    const query = `SELECT t::text AS row FROM "${name}" t`;
    for await (const batch of view.batches<{ row: string }>(query, wide ? WIDE_BATCH : undefined)) {
      rows += batch.length;
      onRows();
      yield* piecesOf(batch);
    }
  };
  await writer.add(file, lines());
  return { name, columns, rows, file };
}

/** The lines of rows, so that no more than a row and a piece are there a second time. */
function* piecesOf(rows: readonly { row: string }[]): Iterable<Uint8Array> {
  let piece = '';
  for (const { row } of rows) {
    piece += `${JSON.stringify(row)}\n`;
    if (piece.length < PIECE_LENGTH) continue;
    yield Buffer.from(piece);
    piece = '';
  }
  if (piece.length > 0) yield Buffer.from(piece);
}
