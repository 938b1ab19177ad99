import type { QueryRunner } from 'typeorm';
import type { SnapshotTable } from '../manifest.js';

/** Tables in an order in which each comes after those its rows refer to. Throws where they refer to each other in a circle. */
export async function parentsFirst(
  runner: QueryRunner,
  tables: readonly SnapshotTable[],
): Promise<SnapshotTable[]> {
  const edges = (await runner.query(
    `SELECT child.relname AS child, parent.relname AS parent FROM pg_constraint k
     JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
     WHERE k.contype = 'f' AND child.relnamespace = current_schema()::regnamespace AND child.oid <> parent.oid`,
  )) as { child: string; parent: string }[];
  const ordered: SnapshotTable[] = [];
  let waiting = [...tables];
  while (waiting.length > 0) {
    const left = new Set(waiting.map(({ name }) => name));
    const blocked = new Set(edges.filter(({ parent }) => left.has(parent)).map(({ child }) => child));
    const free = waiting.filter(({ name }) => !blocked.has(name));
    if (free.length === 0) throw new Error(`tables refer to each other in a circle: ${[...left].join()}`);
    ordered.push(...free);
    waiting = waiting.filter(({ name }) => blocked.has(name));
  }
  return ordered;
}
