import type { BlockHeader } from '../block/index.js';
import type { Page } from '../read/block-reader.js';
import type { StoredBlock } from '../tables/block-queries.js';

/** A block over HTTP. */
export interface BlockView {
  readonly hash: string;
  readonly index: number;
  /** Leaf number in the log; null for the moment between acceptance and sequencing. */
  readonly log_index: number | null;
  readonly header: BlockHeader;
}

/** A stored block as HTTP shows it. */
export function toView({ hash, header, index, logIndex }: StoredBlock): BlockView {
  return { hash, index, log_index: logIndex, header };
}

/** A page of blocks over HTTP. */
export interface BlockPageView {
  readonly items: readonly BlockView[];
  readonly next_cursor: string | null;
}

/** A page of stored blocks as HTTP shows it. */
export function pageView({ items, nextCursor }: Page<StoredBlock>): BlockPageView {
  return { items: items.map(toView), next_cursor: nextCursor };
}
