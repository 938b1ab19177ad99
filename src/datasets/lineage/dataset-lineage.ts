import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { BlockHeader } from '../../chain/index.js';

/** A block of weights that was trained on a dataset, or further from one that was. */
export interface TrainedBlock {
  readonly hash: string;
  readonly name: string | null;
  readonly model: string | null;
}

/** A release that serves such a block. */
export interface DependentRelease {
  readonly hash: string;
  readonly model: string | null;
  readonly version: string | null;
  /** Blocks of it that descend from the dataset. */
  readonly blocks: number;
}

/** What descends from a dataset. */
export interface DatasetLineage {
  readonly blocks: readonly TrainedBlock[];
  readonly releases: readonly DependentRelease[];
  /** Whether there are more blocks or releases than are listed. */
  readonly truncated: boolean;
}

/** How much is listed at most. */
const MOST = { blocks: 1_000, releases: 200 };

/**
 * Blocks that depend on one of the set's blocks on chain D, that name the set in `metadata.datasets`, or that a verdict accepted with one of
 * its blocks among the datasets, or with documents of it among those that were shown of the training; and whatever was trained further from them, to the end. What a contributor wrote into a block can
 * add to them, and never take one away. PostgreSQL cannot read JSON with an escaped NUL: such a header that has the set's name counts.
 */
const TRAINED = `
  WITH RECURSIVE stages AS (
    SELECT hash FROM blocks WHERE chain_id = 'D' AND name = $1 AND block_type = 'dataset'
  ), trained AS (
    SELECT b.hash FROM blocks b WHERE b.chain_id = 'B' AND b.header LIKE '%"datasets":[%' AND strpos(b.header, $2) > 0
      AND CASE WHEN strpos(b.header, '\\u0000') > 0 THEN true
        ELSE coalesce((b.header::jsonb #> '{metadata,datasets}') ? $1, false) END
    UNION
    SELECT e.child FROM stages s JOIN block_edges e ON e.parent = s.hash JOIN blocks b ON b.hash = e.child
      WHERE b.chain_id = 'B'
    UNION
    SELECT (block ->> 'block') COLLATE "C" FROM stages s JOIN learning_submissions l ON strpos(l.verdict, s.hash) > 0
      CROSS JOIN LATERAL jsonb_array_elements(l.verdict::jsonb -> 'blocks') block
      WHERE l.verdict_block IS NOT NULL AND (l.verdict::jsonb -> 'datasets' ? s.hash OR EXISTS (
        SELECT FROM jsonb_array_elements(l.verdict::jsonb #> '{data,sets}') shown
        WHERE shown ->> 'block' = s.hash AND (shown ->> 'tokens')::bigint > 0))
    UNION
    SELECT b.hash FROM trained t JOIN block_edges e ON e.parent = t.hash JOIN blocks b ON b.hash = e.child
      WHERE b.chain_id = 'B' AND strpos(b.header, '"parent":"' || t.hash || '"') > 0
  )`;

const BLOCKS = `${TRAINED}
  SELECT b.hash, b.name, b.model FROM trained t JOIN blocks b ON b.hash = t.hash ORDER BY b.chain_index, b.hash LIMIT $3`;

const RELEASES = `${TRAINED}
  SELECT r.hash, r.model, r.header, count(*) AS blocks
  FROM trained t JOIN block_edges e ON e.parent = t.hash JOIN blocks r ON r.hash = e.child
  WHERE r.block_type = 'release' GROUP BY r.hash, r.model, r.header, r.chain_index ORDER BY r.chain_index DESC LIMIT $3`;

interface ReleaseRow {
  readonly hash: string;
  readonly model: string | null;
  readonly header: string;
  readonly blocks: string;
}

/** Finds what was trained on a dataset, and which releases would have to do without it. */
@Injectable()
export class DatasetLineages {
  constructor(private readonly dataSource: DataSource) {}

  /** Everything that descends from a dataset. @param most how much of it is listed */
  async of(id: string, most: Readonly<typeof MOST> = MOST): Promise<DatasetLineage> {
    const named = [id, `"${id}"`];
    const blocks = await this.dataSource.query<TrainedBlock[]>(BLOCKS, [...named, most.blocks + 1]);
    const releases = await this.dataSource.query<ReleaseRow[]>(RELEASES, [...named, most.releases + 1]);
    return {
      blocks: blocks.slice(0, most.blocks),
      releases: releases.slice(0, most.releases).map(toRelease),
      truncated: blocks.length > most.blocks || releases.length > most.releases,
    };
  }
}

function toRelease({ hash, model, header, blocks }: ReleaseRow): DependentRelease {
  const { version } = (JSON.parse(header) as BlockHeader).metadata;
  return { hash, model, version: typeof version === 'string' ? version : null, blocks: Number(blocks) };
}
