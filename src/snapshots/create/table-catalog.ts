import type { QueryRunner } from 'typeorm';
import type { SnapshotPartition, SnapshotSequence } from '../manifest.js';

/** The schema's own bookkeeping; a snapshot names its migrations instead. */
const MIGRATIONS_TABLE = 'migrations';

/** A table with its columns in their order. */
export interface CatalogTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Whether it has columns of bytes, which may be long: a row may take megabytes. */
  readonly wide: boolean;
  /** What it takes on the disk, indexes apart, bytes. */
  readonly bytes: number;
}

/** Ordinary and partitioned tables of the schema, by name; partitions belong to their table. */
export async function listTables(runner: QueryRunner): Promise<CatalogTable[]> {
  const rows = (await runner.query(
    `SELECT c.relname AS name, coalesce(sum(pg_table_size(p.relid)), 0) AS bytes, (
       SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     ) AS columns, EXISTS (
       SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.atttypid = 'bytea'::regtype AND NOT a.attisdropped
     ) AS wide
     FROM pg_class c LEFT JOIN LATERAL pg_partition_tree(c.oid) p ON true
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND c.relname <> $1
     GROUP BY c.oid, c.relname ORDER BY c.relname`,
    [MIGRATIONS_TABLE],
  )) as { name: string; bytes: string; columns: string[]; wide: boolean }[];
  return rows.map(({ name, bytes, columns, wide }) => ({ name, columns, wide, bytes: Number(bytes) }));
}

/** Partitions by range, with their bounds as the session prints moments. */
export async function listPartitions(runner: QueryRunner): Promise<SnapshotPartition[]> {
  const rows = (await runner.query(
    `SELECT parent.relname AS table, c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bound
     FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class parent ON parent.oid = i.inhparent
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relispartition ORDER BY c.relname`,
  )) as { table: string; name: string; bound: string }[];
  return rows.map(({ table, name, bound }) => {
    const match = /^FOR VALUES FROM \('(?<from>[^']+)'\) TO \('(?<to>[^']+)'\)$/.exec(bound);
    if (match === null) throw new Error(`partition ${name} is none by range of one column: ${bound}`);
    const { from, to } = match.groups as { from: string; to: string };
    return { table, name, from, to };
  });
}

/** Sequences that have given out a value. */
export async function listSequences(runner: QueryRunner): Promise<SnapshotSequence[]> {
  return (await runner.query(
    `SELECT sequencename AS name, last_value::text AS value FROM pg_sequences
     WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename`,
  )) as SnapshotSequence[];
}

/** Migrations that ran, oldest first. */
export async function listMigrations(runner: QueryRunner): Promise<string[]> {
  const rows = (await runner.query(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY timestamp`)) as {
    name: string;
  }[];
  return rows.map(({ name }) => name);
}
