import type { EntityManager } from 'typeorm';
import { systemClock } from '../common/index.js';
import { encodeLeaf, type LogEntryInput } from './entry.js';

/** Inserts entries into the outbox as one multi-row statement. */
export async function insertEntries(
  manager: EntityManager,
  entries: readonly LogEntryInput[],
): Promise<void> {
  if (entries.length === 0) return;
  const time = systemClock.now();
  await manager.query(
    `INSERT INTO log_entries (kind, subject, leaf)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[])`,
    [
      entries.map((entry) => entry.kind),
      entries.map((entry) => entry.subject),
      entries.map((entry) => encodeLeaf(entry, time)),
    ],
  );
}
