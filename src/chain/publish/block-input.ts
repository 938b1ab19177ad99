import type { BlockHeader } from '../block/index.js';

/** A payload: bytes in memory, or a staged file that publishing moves into the blob store. */
export type PayloadSource = Uint8Array | { readonly path: string };

/** A block offered for acceptance. */
export interface BlockInput {
  readonly header: BlockHeader;
  readonly payload: PayloadSource;
  /** The name its sender claims, if any; checked with `BLOCK_HASH`. */
  readonly hash?: string;
}

/** A block that is part of its chain. */
export interface AcceptedBlock {
  readonly hash: string;
  readonly header: BlockHeader;
  /** Position on its chain, from 0. */
  readonly index: number;
  /** False when it was there before. */
  readonly created: boolean;
}
