import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ChainId } from '../block/index.js';

/** A block as a picture needs it. */
export interface GraphNode {
  readonly hash: string;
  readonly chain: ChainId;
  readonly index: number;
  readonly type: string;
  readonly name: string | null;
  readonly layer: number | null;
  readonly model: string | null;
  readonly timestamp: number;
  /** Longest way to a block without parents. */
  readonly depth: number;
}

/** Blocks and the dependencies among them. */
export interface BlockGraphPart {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  /** Whether blocks were left out because of the limit. */
  readonly truncated: boolean;
}

/** Which part of the graph is wanted. */
export interface GraphFilter {
  readonly model?: string;
  /** Only a release and what it depends on, by its hash. */
  readonly release?: string;
  /** Nodes at most. */
  readonly limit: number;
}

interface NodeRow {
  readonly hash: string;
  readonly chain_id: ChainId;
  readonly chain_index: string;
  readonly block_type: string;
  readonly name: string | null;
  readonly layer_id: number | null;
  readonly model: string | null;
  readonly block_time: string;
  readonly depth: number;
}

/** The part of the DAG that a picture shows; an edge goes from a block to one it depends on. */
@Injectable()
export class BlockGraph {
  constructor(private readonly dataSource: DataSource) {}

  /** The newest blocks of chains A and B that fit the filter, with the edges among them. */
  async part({ model, release, limit }: GraphFilter): Promise<BlockGraphPart> {
    const rows = await this.dataSource.query<NodeRow[]>(
      `SELECT hash, chain_id, chain_index, block_type, name, layer_id, model, block_time, depth FROM blocks b
       WHERE b.chain_id IN ('A', 'B')
         AND ($1::text IS NULL OR b.model = $1)
         AND ($2::text IS NULL OR b.hash = $2 OR b.hash IN (SELECT parent FROM block_edges WHERE child = $2))
       ORDER BY b.chain_id, b.chain_index DESC LIMIT $3`,
      [model ?? null, release ?? null, limit + 1],
    );
    const nodes = rows.slice(0, limit).map(toNode);
    const hashes = nodes.map(({ hash }) => hash);
    const edges = await this.dataSource.query<{ from: string; to: string }[]>(
      `SELECT child AS "from", parent AS "to" FROM block_edges WHERE child = ANY($1) AND parent = ANY($1)`,
      [hashes],
    );
    return { nodes, edges, truncated: rows.length > limit };
  }
}

function toNode(row: NodeRow): GraphNode {
  return {
    hash: row.hash,
    chain: row.chain_id,
    index: Number(row.chain_index),
    type: row.block_type,
    name: row.name,
    layer: row.layer_id,
    model: row.model,
    timestamp: Number(row.block_time),
    depth: row.depth,
  };
}
