import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { isHash, unwrap } from '../../common/index.js';
import { ReleaseCatalog } from '../releases/release-catalog.js';

/** An expert block that came from another one. */
export interface PackCandidate {
  readonly block: string;
  readonly payload: string;
  /** Bytes. */
  readonly size: number;
  readonly parent: string;
}

interface CandidateRow {
  readonly hash: string;
  readonly payload_hash: string;
  readonly payload_size: string;
  readonly parent: string | null;
}

const PAGE = 500;
/** PostgreSQL cannot read JSON with an escaped NUL: a block with one in its header stays whole. */
const PARENT = (table: string) =>
  `CASE WHEN strpos(${table}.header, '\\u0000') = 0 THEN ${table}.header::jsonb #>> '{metadata,parent}' END`;

/** Finds the payloads that may lie as deltas: those that only experts with a parent have. */
@Injectable()
export class PackCandidates {
  constructor(
    private readonly dataSource: DataSource,
    private readonly catalog: ReleaseCatalog,
  ) {}

  /** All of them, each after its parent. */
  async *all(): AsyncGenerator<PackCandidate> {
    for (let after = -1; ;) {
      const rows = await this.dataSource.query<(CandidateRow & { chain_index: string })[]>(
        `SELECT b.hash, b.chain_index, b.payload_hash, b.payload_size, ${PARENT('b')} AS parent
        FROM blocks b WHERE b.chain_id = 'B' AND b.block_type = 'expert' AND b.chain_index > $1
          AND b.header LIKE '%"parent":"%' AND NOT EXISTS (
            SELECT 1 FROM blocks o WHERE o.payload_hash = b.payload_hash AND ${PARENT('o')} IS NULL
          ) ORDER BY b.chain_index LIMIT $2`,
        [after, PAGE],
      );
      for (const { hash, payload_hash: payload, payload_size: size, parent } of rows)
        if (parent !== null && isHash(parent)) yield { block: hash, payload, size: Number(size), parent };
      if (rows.length < PAGE) return;
      after = Number(rows[rows.length - 1].chain_index);
    }
  }

  /** Payloads of live releases: they stay whole. */
  async live(): Promise<Set<string>> {
    const payloads = new Set<string>();
    for (const { liveRelease } of await this.catalog.models()) {
      if (liveRelease === null) continue;
      const blocks = Object.values(unwrap(await this.catalog.payload(liveRelease)).weights);
      const rows = await this.dataSource.query<{ payload_hash: string }[]>(
        'SELECT payload_hash FROM blocks WHERE hash = ANY($1)',
        [blocks],
      );
      for (const { payload_hash: payload } of rows) payloads.add(payload);
    }
    return payloads;
  }
}
