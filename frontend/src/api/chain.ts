import type { BlockHeader, ChainId } from '../../../src/chain/block/header.js';
import { requestJson, withQuery } from './client.js';

export type { BlockHeader, ChainId };

/** A block in a list or by itself. */
export interface BlockAnswer {
  readonly hash: string;
  readonly index: number;
  readonly log_index: number | null;
  readonly header: BlockHeader;
}

/** A block by itself. */
export interface SingleBlock extends BlockAnswer {
  /** The account that uploaded it; null where it came in another way. */
  readonly uploaded_by: string | null;
}

/** A node of the picture. */
export interface GraphNode {
  readonly hash: string;
  readonly chain: ChainId;
  readonly index: number;
  readonly type: string;
  readonly name: string | null;
  readonly layer: number | null;
  readonly model: string | null;
  readonly timestamp: number;
}

/** `from` depends on `to`. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

/** `GET /chain/B/graph`. */
export interface GraphAnswer {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Whether older blocks were left out. */
  readonly truncated: boolean;
}

/** The path of one block. */
export function blockPath(chain: string, hash: string): string {
  return `/chain/${chain}/blocks/${hash}`;
}

/** One block's header. */
export function getBlock(chain: string, hash: string, signal?: AbortSignal): Promise<SingleBlock> {
  return requestJson(blockPath(chain, hash), { signal });
}

/** The blocks a block depends on, or the first hundred that depend on it. */
export async function getRelatives(
  chain: string,
  hash: string,
  which: 'parents' | 'children',
  signal?: AbortSignal,
): Promise<readonly BlockAnswer[]> {
  const answer = await requestJson<{ items: readonly BlockAnswer[] }>(`${blockPath(chain, hash)}/${which}`, {
    signal,
  });
  return answer.items;
}

/** The DAG for drawing. */
export function getGraph(
  query: { readonly model?: string; readonly release?: string; readonly limit?: number },
  signal?: AbortSignal,
): Promise<GraphAnswer> {
  return requestJson(withQuery('/chain/B/graph', query), { signal });
}
