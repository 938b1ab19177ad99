import type { ClientBase } from 'pg';
import type { QueryRunner } from 'typeorm';
import type { PublishedLeaf } from '../published-entries.js';
import type { DirectEntry, StoredEntry } from './direct-entries.js';

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

/** What a round stored and numbered. */
export interface Assigned {
  /** Entries with new numbers, in the order of these. */
  readonly numbered: readonly NumberedEntry[];
  /** What the round's own entries have come to, in their order. */
  readonly direct: readonly StoredEntry[];
}

interface AssignedRow {
  readonly id: string;
  readonly leaf_index: string | null;
  readonly leaf: string;
  /** Which of the round's own entries was there before, from 1; null for one that got its number now. */
  readonly known: string | null;
}

/** Prepared once per connection: planning it takes longer than running it. */
const ASSIGN = `WITH state AS (
    SELECT assigned FROM log_state WHERE id = 1
  ), batch AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS place
    FROM (SELECT id FROM log_entries WHERE leaf_index IS NULL ORDER BY id LIMIT ${ROUND_LIMIT}) waiting
  ), direct AS (
    SELECT given.*, found.id, found.leaf_index, found.leaf AS found_leaf
    FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS given (kind, subject, leaf, place)
    LEFT JOIN LATERAL (
      SELECT id, leaf_index, leaf FROM log_entries
      WHERE subject = given.subject AND kind = given.kind ORDER BY id LIMIT 1
    ) found ON true
  ), fresh AS (
    SELECT kind, subject, leaf, row_number() OVER (ORDER BY place) - 1 AS place FROM direct WHERE id IS NULL
  ), numbered AS (
    UPDATE log_entries e SET leaf_index = state.assigned + batch.place FROM batch, state WHERE e.id = batch.id
    RETURNING e.id, e.leaf_index, e.leaf
  ), added AS (
    INSERT INTO log_entries (kind, subject, leaf, leaf_index)
    SELECT kind, subject, leaf, state.assigned + (SELECT count(*) FROM batch) + place FROM fresh, state ORDER BY place
    RETURNING id, leaf_index, leaf
  ), counted AS (
    UPDATE log_state SET assigned = assigned + (SELECT count(*) FROM batch) + (SELECT count(*) FROM fresh)
    WHERE id = 1 AND (EXISTS (SELECT 1 FROM batch) OR EXISTS (SELECT 1 FROM fresh))
  )
  SELECT id, leaf_index, leaf, NULL::bigint AS known FROM numbered
  UNION ALL SELECT id, leaf_index, leaf, NULL FROM added
  UNION ALL SELECT id, leaf_index, found_leaf, place FROM direct WHERE id IS NOT NULL
  ORDER BY known, leaf_index`;

/**
 * Gives waiting entries the next leaf numbers, in order of their ids, stores the round's own entries with the numbers after
 * those, and commits that before anything is published: from then on a crash cannot change which leaf has which number. One
 * statement, so one flush; it writes nothing when there is nothing. Only the holder of the sequencer's lock calls it, on the
 * connection that holds it, and a number cannot be given twice. Of one kind about one subject no second entry is stored.
 */
export async function assignLeaves(
  client: ClientBase,
  entries: readonly DirectEntry[] = [],
): Promise<Assigned> {
  const { rows } = await client.query<AssignedRow>({
    name: 'stemma-log-assign',
    text: ASSIGN,
    values: [
      entries.map(({ kind }) => kind),
      entries.map(({ subject }) => subject),
      entries.map(({ leaf }) => leaf),
    ],
  });
  const numbered = rows.filter(({ known }) => known === null).map(toEntry);
  const known = new Map(rows.filter((row) => row.known !== null).map((row) => [Number(row.known), row]));
  // new ones stand last among those that were numbered, in the order they were given in
  let next = numbered.length - (entries.length - known.size);
  const direct = entries.map((_entry, i): StoredEntry => {
    const found = known.get(i + 1);
    if (found === undefined) return { id: numbered[next++].id, leaf: null };
    return { id: found.id, leaf: publishedBefore(found) };
  });
  return { numbered, direct };
}

/** What has a number was published before the round began; what has none gets it in this one. */
function publishedBefore({ leaf_index: index, leaf }: AssignedRow): PublishedLeaf | null {
  return index === null ? null : { index: Number(index), leaf: Buffer.from(leaf) };
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
