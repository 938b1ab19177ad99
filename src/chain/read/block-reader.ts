import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { err, type Result } from '../../common/index.js';
import { unknownBlock, type ChainId } from '../block/index.js';
import { BlockStores } from '../store/block-stores.js';
import type { ChainHead } from '../tables/block-writer.js';
import {
  STORED_BLOCK_COLUMNS,
  toStoredBlock,
  type StoredBlock,
  type StoredBlockRow,
} from '../tables/block-queries.js';
import { pageQuery, type BlockFilter, type PageRequest } from './page-query.js';

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Reads accepted blocks. */
@Injectable()
export class BlockReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: BlockStores,
  ) {}

  /** The block of that hash; null when it was never accepted. */
  async header(hash: string): Promise<StoredBlock | null> {
    return (await this.headers([hash])).get(hash) ?? null;
  }

  /** The blocks of these hashes; unknown ones are left out. */
  async headers(hashes: readonly string[]): Promise<Map<string, StoredBlock>> {
    const rows = await this.query(`SELECT ${STORED_BLOCK_COLUMNS} FROM blocks b WHERE b.hash = ANY($1)`, [
      hashes,
    ]);
    return new Map(rows.map((block) => [block.hash, block]));
  }

  /**
   * The payload of an accepted block, read from the blob store and checked against its hash. Refusals:
   * `BLOCK_UNKNOWN`, `BLOB_MISSING`, `BLOB_CORRUPT`.
   */
  async payload(hash: string): Promise<Result<Uint8Array>> {
    const block = await this.header(hash);
    if (block === null) return err(unknownBlock(hash));
    return this.stores.payloads.read(block.header.payload_hash);
  }

  /**
   * Where a payload lies as a local file, by `payload_hash`; null for stores without local files. One that lies as a delta is made whole
   * there first; where that fails there is no file, as for one that is missing.
   */
  async payloadPath(payloadHash: string): Promise<string | null> {
    await this.stores.payloads.hold(payloadHash);
    return this.stores.payloads.path(payloadHash);
  }

  /** Blocks of a chain, newest first unless asked otherwise. `CURSOR_INVALID` for a cursor that no page gave out. */
  async list(
    chain: ChainId,
    filter: BlockFilter = {},
    page: PageRequest = {},
  ): Promise<Result<Page<StoredBlock>>> {
    const query = pageQuery(chain, filter, page);
    if (!query.ok) return query;
    const { sql, parameters, limit } = query.value;
    const blocks = await this.query(sql, parameters);
    const items = blocks.slice(0, limit);
    const last = items.at(-1);
    const nextCursor = blocks.length > limit && last !== undefined ? String(last.index) : null;
    return { ok: true, value: { items, nextCursor } };
  }

  /** Where a chain ends. */
  async head(chain: ChainId): Promise<ChainHead> {
    const head = (await this.heads()).find((candidate) => candidate.chain === chain);
    if (head === undefined) throw new Error(`chain ${chain} has no row`);
    return head;
  }

  /** Where every chain ends. */
  async heads(): Promise<ChainHead[]> {
    const rows = await this.dataSource.query<
      { chain_id: ChainId; height: string; head_hash: string | null }[]
    >('SELECT chain_id, height, head_hash FROM chain_heads ORDER BY chain_id');
    return rows.map((row) => ({ chain: row.chain_id, height: Number(row.height), hash: row.head_hash }));
  }

  /** The first block of a chain; null on an empty chain. */
  first(chain: ChainId): Promise<StoredBlock | null> {
    return this.at(chain, 0);
  }

  /** The block at a position of a chain, from 0; null where it ends before. */
  async at(chain: ChainId, index: number): Promise<StoredBlock | null> {
    const sql = `SELECT ${STORED_BLOCK_COLUMNS} FROM blocks b WHERE b.chain_id = $1 AND b.chain_index = $2`;
    return (await this.query(sql, [chain, index]))[0] ?? null;
  }

  /** The blocks a block depends on. */
  parents(hash: string): Promise<StoredBlock[]> {
    const sql = `SELECT ${STORED_BLOCK_COLUMNS} FROM block_edges e JOIN blocks b ON b.hash = e.parent
      WHERE e.child = $1 ORDER BY b.chain_id, b.chain_index`;
    return this.query(sql, [hash]);
  }

  /** The blocks that depend on a block, oldest first, at most `limit`. */
  children(hash: string, limit = 100): Promise<StoredBlock[]> {
    const sql = `SELECT ${STORED_BLOCK_COLUMNS} FROM block_edges e JOIN blocks b ON b.hash = e.child
      WHERE e.parent = $1 ORDER BY b.chain_id, b.chain_index LIMIT $2`;
    return this.query(sql, [hash, limit]);
  }

  private async query(sql: string, parameters: readonly unknown[]): Promise<StoredBlock[]> {
    return (await this.dataSource.query<StoredBlockRow[]>(sql, [...parameters])).map(toStoredBlock);
  }
}
