import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { ChainId } from '../block/index.js';
import { STORED_BLOCK_COLUMNS } from '../tables/block-queries.js';

/** What listed blocks must agree with; absent members are not asked. */
export interface BlockFilter {
  readonly type?: string;
  readonly name?: string;
  readonly model?: string;
  readonly payloadHash?: string;
}

/** Which part of a list is wanted. */
export interface PageRequest {
  /** 1 to 1000; 100 by default. */
  readonly limit?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  /** `newest` (default) or `oldest` first. */
  readonly order?: 'newest' | 'oldest';
}

/** Largest page. */
export const PAGE_LIMIT = 1000;

const COLUMNS: Readonly<Record<keyof BlockFilter, string>> = {
  type: 'b.block_type',
  name: 'b.name',
  model: 'b.model',
  payloadHash: 'b.payload_hash',
};

/** The statement for one page and one row more, which tells whether there is another page. */
export function pageQuery(
  chain: ChainId,
  filter: BlockFilter,
  { limit = 100, cursor, order = 'newest' }: PageRequest,
): Result<{ sql: string; parameters: unknown[]; limit: number }> {
  const parameters: unknown[] = [chain];
  const conditions = ['b.chain_id = $1'];
  for (const [key, column] of Object.entries(COLUMNS) as [keyof BlockFilter, string][]) {
    if (filter[key] === undefined) continue;
    parameters.push(filter[key]);
    conditions.push(`${column} = $${parameters.length}`);
  }
  if (cursor !== undefined) {
    if (!/^\d{1,15}$/.test(cursor))
      return err(new CodedError('CURSOR_INVALID', 'The cursor was not given out by this list.', {}, 400));
    parameters.push(cursor);
    conditions.push(`b.chain_index ${order === 'newest' ? '<' : '>'} $${parameters.length}`);
  }
  const bounded = Math.max(1, Math.min(limit, PAGE_LIMIT));
  const direction = order === 'newest' ? 'DESC' : 'ASC';
  const sql = `SELECT ${STORED_BLOCK_COLUMNS} FROM blocks b WHERE ${conditions.join(' AND ')}
    ORDER BY b.chain_index ${direction} LIMIT ${bounded + 1}`;
  return ok({ sql, parameters, limit: bounded });
}
