import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { BlockHeader } from '../../chain/index.js';

/** A block of weights that was trained on a dataset. */
export interface TrainedBlock {
  readonly hash: string;
  readonly name: string | null;
  readonly model: string | null;
}

/** A release that serves such a block. */
export interface DependentRelease {
  readonly hash: string;
  readonly model: string | null;
  /** Blocks of it that were trained on the dataset. */
  readonly blocks: number;
}

/** What descends from a dataset. */
export interface DatasetLineage {
  readonly blocks: readonly TrainedBlock[];
  readonly releases: readonly DependentRelease[];
  /** Whether there are more blocks than are listed. */
  readonly truncated: boolean;
}

const MOST_BLOCKS = 1_000;

/** Blocks that name the set in `metadata.datasets`, or depend on one of its blocks on chain D. */
const TRAINED = `
  SELECT b.hash, b.name, b.model, b.header FROM blocks b
    WHERE b.chain_id = 'B' AND b.header LIKE '%"datasets":["ds\\_%' AND strpos(b.header, $2) > 0
  UNION
  SELECT b.hash, b.name, b.model, b.header FROM blocks d
    JOIN block_edges e ON e.parent = d.hash JOIN blocks b ON b.hash = e.child
    WHERE d.chain_id = 'D' AND d.name = $1 AND b.chain_id = 'B'
  ORDER BY hash LIMIT $3`;

/** Finds what was trained on a dataset, and which releases would have to do without it. */
@Injectable()
export class DatasetLineages {
  constructor(private readonly dataSource: DataSource) {}

  /** Everything that descends from a dataset. */
  async of(id: string): Promise<DatasetLineage> {
    const rows = await this.dataSource.query<(TrainedBlock & { header: string })[]>(TRAINED, [
      id,
      `"${id}"`,
      MOST_BLOCKS + 1,
    ]);
    const named = rows.filter(({ header }) => isTrainedOn(header, id));
    const blocks = named.slice(0, MOST_BLOCKS).map(({ hash, name, model }) => ({ hash, name, model }));
    const releases = await this.releasesOf(blocks.map(({ hash }) => hash));
    return { blocks, releases, truncated: rows.length > MOST_BLOCKS };
  }

  private async releasesOf(blocks: readonly string[]): Promise<DependentRelease[]> {
    const rows = await this.dataSource.query<{ hash: string; model: string | null; blocks: string }[]>(
      `SELECT r.hash, r.model, count(*) AS blocks FROM block_edges e JOIN blocks r ON r.hash = e.child
       WHERE e.parent = ANY($1) AND r.block_type = 'release' GROUP BY r.hash, r.model, r.chain_index
       ORDER BY r.chain_index DESC LIMIT 200`,
      [blocks],
    );
    return rows.map(({ hash, model, blocks: count }) => ({ hash, model, blocks: Number(count) }));
  }
}

/** A text search found the id somewhere in the header; only what the block says of its data counts. */
function isTrainedOn(text: string, id: string): boolean {
  const { metadata, depends_on } = JSON.parse(text) as BlockHeader;
  const { datasets } = metadata;
  return datasets === undefined ? depends_on.length > 0 : Array.isArray(datasets) && datasets.includes(id);
}
