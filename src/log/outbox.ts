import type { EntityManager } from 'typeorm';
import { encodeLeaf, type LogEntryInput } from './entry.js';

/** Inserts entries into the outbox as one multi-row statement; returns their ids, which rise in the order of the entries. @param time what they are dated, ms */
export async function insertEntries(
  manager: EntityManager,
  entries: readonly LogEntryInput[],
  time: number,
): Promise<string[]> {
  if (entries.length === 0) return [];
  const rows = await manager.query<{ id: string }[]>(
    `INSERT INTO log_entries (kind, subject, leaf)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) RETURNING id`,
    [
      entries.map((entry) => entry.kind),
      entries.map((entry) => entry.subject),
      entries.map((entry) => encodeLeaf(entry, time)),
    ],
  );
  return rows.map(({ id }) => id).sort((a, b) => Number(a) - Number(b));
}
