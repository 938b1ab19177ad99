import type { QueryRunner } from 'typeorm';

/** Leaves taken in one round. */
export const ROUND_LIMIT = 2048;

/** Any number, the same in every Stemma process: only one sequences a database at a time. */
const SEQUENCER_LOCK = 7_201_869_002;

/** Takes the sequencer's lock for as long as the connection lives; false when another process has it. */
export async function takeSequencerLock(runner: QueryRunner): Promise<boolean> {
  const [{ taken }] = (await runner.query('SELECT pg_try_advisory_lock($1) AS taken', [SEQUENCER_LOCK])) as {
    taken: boolean;
  }[];
  return taken;
}

/** Gives the lock back. */
export async function releaseSequencerLock(runner: QueryRunner): Promise<void> {
  await runner.query('SELECT pg_advisory_unlock($1)', [SEQUENCER_LOCK]);
}

/** A numbered entry: its id in the outbox and its leaf. */
export interface NumberedEntry {
  readonly id: string;
  readonly leaf: Uint8Array;
}

/**
 * Gives waiting entries the next leaf numbers, in order of their ids, and commits that before anything is published: from
 * then on a crash cannot change which leaf has which number. One statement, so one flush; it writes nothing when nothing waits. Only
 * the holder of the sequencer's lock calls it, and a number cannot be given twice. Returns the entries in order.
 */
export async function assignLeaves(runner: QueryRunner): Promise<NumberedEntry[]> {
  const rows = (await runner.query(
    `WITH batch AS (
       SELECT id, (SELECT assigned FROM log_state WHERE id = 1) + row_number() OVER (ORDER BY id) - 1 AS leaf_index
       FROM (SELECT id FROM log_entries WHERE leaf_index IS NULL ORDER BY id LIMIT ${ROUND_LIMIT}) waiting
     ), numbered AS (
       UPDATE log_entries e SET leaf_index = batch.leaf_index FROM batch WHERE e.id = batch.id
       RETURNING e.id, e.leaf_index, e.leaf
     ), counted AS (
       UPDATE log_state SET assigned = assigned + (SELECT count(*) FROM batch)
       WHERE id = 1 AND EXISTS (SELECT 1 FROM batch)
     ) SELECT id, leaf FROM numbered ORDER BY leaf_index`,
  )) as { id: string; leaf: string }[];
  return rows.map(toEntry);
}

/** How many leaf numbers were given out. */
export async function assignedCount(runner: QueryRunner): Promise<number> {
  const [{ assigned }] = (await runner.query('SELECT assigned FROM log_state WHERE id = 1')) as {
    assigned: string;
  }[];
  return Number(assigned);
}

/** Numbered leaves from `first` on, at most one round of them. */
export async function numberedLeaves(runner: QueryRunner, first: number): Promise<NumberedEntry[]> {
  const rows = (await runner.query(
    `SELECT id, leaf FROM log_entries WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT ${ROUND_LIMIT}`,
    [first],
  )) as { id: string; leaf: string }[];
  return rows.map(toEntry);
}

function toEntry({ id, leaf }: { id: string; leaf: string }): NumberedEntry {
  return { id, leaf: Buffer.from(leaf) };
}
