import type { EntityManager } from 'typeorm';
import { encodeSignedHeader, type ChainId } from '../block/index.js';
import { modelOf, type BlockRow } from './block-row.js';

/** Where a chain ends. */
export interface ChainHead {
  readonly chain: ChainId;
  /** Number of blocks. */
  readonly height: number;
  /** The last accepted block; null on an empty chain. */
  readonly hash: string | null;
}

/** The heads of these chains, locked until the transaction ends, always in the same order. */
export async function lockHeads(manager: EntityManager, chains: readonly ChainId[]): Promise<ChainHead[]> {
  const rows = await manager.query<{ chain_id: ChainId; height: string; head_hash: string | null }[]>(
    'SELECT chain_id, height, head_hash FROM chain_heads WHERE chain_id = ANY($1) ORDER BY chain_id FOR UPDATE',
    [chains],
  );
  return rows.map((row) => ({ chain: row.chain_id, height: Number(row.height), hash: row.head_hash }));
}

/** Moves a locked head. */
export async function moveHead(manager: EntityManager, { chain, height, hash }: ChainHead): Promise<void> {
  await manager.query('UPDATE chain_heads SET height = $2, head_hash = $3 WHERE chain_id = $1', [
    chain,
    height,
    hash,
  ]);
}

/** Inserts block rows and, unless told otherwise, their edges; parents must then be stored or among the rows. */
export async function insertBlocks(
  manager: EntityManager,
  rows: readonly BlockRow[],
  withEdges = true,
): Promise<void> {
  if (rows.length === 0) return;
  const decoder = new TextDecoder();
  const columns: unknown[][] = [
    rows.map(({ hash }) => hash),
    rows.map(({ chain }) => chain),
    rows.map(({ index }) => index),
    rows.map(({ header }) => header.block_type),
    rows.map(({ header }) => header.name),
    rows.map(({ header }) => header.layer_id),
    rows.map(({ header }) => modelOf(header)),
    rows.map(({ header }) => header.payload_hash),
    rows.map(({ header }) => header.payload_size),
    rows.map(({ header }) => header.miner_pub),
    rows.map(({ header }) => header.timestamp),
    rows.map(({ depth }) => depth),
    rows.map(({ header }) => decoder.decode(encodeSignedHeader(header))),
  ];
  await manager.query(
    `INSERT INTO blocks (hash, chain_id, chain_index, block_type, name, layer_id, model, payload_hash, payload_size,
       miner_pub, block_time, depth, header)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::integer[], $7::text[],
       $8::text[], $9::bigint[], $10::text[], $11::bigint[], $12::integer[], $13::text[])`,
    columns,
  );
  if (withEdges) await insertEdges(manager, rows);
}

async function insertEdges(manager: EntityManager, rows: readonly BlockRow[]): Promise<void> {
  const edges = rows.flatMap(({ hash, header }) => header.depends_on.map((parent) => [hash, parent]));
  if (edges.length === 0) return;
  await manager.query(
    'INSERT INTO block_edges (child, parent) SELECT * FROM unnest($1::text[], $2::text[])',
    [edges.map(([child]) => child), edges.map(([, parent]) => parent)],
  );
}
