import type { BlockHeader, ChainId } from '../block/index.js';

/** A block as the database keeps it; `header` is the canonical signed header. */
export interface BlockRow {
  readonly hash: string;
  readonly chain: ChainId;
  readonly index: number;
  readonly depth: number;
  readonly header: BlockHeader;
}

/** The model a block belongs to by its metadata, for filters; null when it says nothing usable. */
export function modelOf(header: BlockHeader): string | null {
  const { model } = header.metadata;
  return typeof model === 'string' && /^[a-z0-9][a-z0-9._-]{0,63}$/.test(model) ? model : null;
}
