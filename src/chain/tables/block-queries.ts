import type { EntityManager } from 'typeorm';
import type { BlockHeader, ChainId } from '../block/index.js';
import type { ParentFacts } from '../publish/candidate.js';

/** A stored block with its positions. */
export interface StoredBlock {
  readonly hash: string;
  readonly header: BlockHeader;
  /** Position on its chain, from 0. */
  readonly index: number;
  /** Leaf number in the log; null for the moment between acceptance and sequencing. */
  readonly logIndex: number | null;
}

/** The columns `toStoredBlock` reads, from `blocks b`. */
export const STORED_BLOCK_COLUMNS = `b.hash, b.header, b.chain_index, (
  SELECT l.leaf_index FROM log_entries l WHERE l.subject = b.hash AND l.kind = 'block' ORDER BY l.id LIMIT 1
) AS leaf_index`;

/** A row of `STORED_BLOCK_COLUMNS`. */
export interface StoredBlockRow {
  readonly hash: string;
  readonly header: string;
  readonly chain_index: string;
  readonly leaf_index: string | null;
}

/** Reads a row of `STORED_BLOCK_COLUMNS`. */
export function toStoredBlock(row: StoredBlockRow): StoredBlock {
  return {
    hash: row.hash,
    header: JSON.parse(row.header) as BlockHeader,
    index: Number(row.chain_index),
    logIndex: row.leaf_index === null ? null : Number(row.leaf_index),
  };
}

/** What the checks need of these blocks; unknown hashes are left out. */
export async function parentFacts(
  manager: EntityManager,
  hashes: readonly string[],
): Promise<Map<string, ParentFacts>> {
  if (hashes.length === 0) return new Map();
  const rows = await manager.query<
    { hash: string; chain_id: ChainId; block_type: string; block_time: string; depth: number }[]
  >('SELECT hash, chain_id, block_type, block_time, depth FROM blocks WHERE hash = ANY($1)', [hashes]);
  return new Map(
    rows.map((row) => [
      row.hash,
      {
        hash: row.hash,
        chain: row.chain_id,
        type: row.block_type,
        timestamp: Number(row.block_time),
        depth: row.depth,
      },
    ]),
  );
}

/** Chain positions of those of these blocks that are stored. */
export async function storedIndexes(
  manager: EntityManager,
  hashes: readonly string[],
): Promise<Map<string, number>> {
  const rows = await manager.query<{ hash: string; chain_index: string }[]>(
    'SELECT hash, chain_index FROM blocks WHERE hash = ANY($1)',
    [hashes],
  );
  return new Map(rows.map((row) => [row.hash, Number(row.chain_index)]));
}
