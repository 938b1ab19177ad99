import type { BlockHeader, ChainId } from '../../chain/block/header.js';
import type { Result, Sha256 } from '../../common/index.js';
import type { Receipt } from '../../inference/receipt/receipt.js';
import type { VerifiedBlock } from '../../learning/source/block-access.js';
import type { BundleSource } from './log-leaves.js';

/** Where the facts of an epoch are read from: this node, or a server that is asked. What it gives is checked against its hash. */
export interface EpochSource {
  readonly bundles: BundleSource;
  /** What it is checked with, as fast as this machine has it. */
  readonly sha256: Sha256;
  /** A block with its payload; refuses with `BLOCK_UNKNOWN`, `BLOB_…` or what the source says. */
  block(chain: ChainId, hash: string): Promise<Result<VerifiedBlock>>;
  /** The header of a block alone; refuses as `block`. */
  header(chain: ChainId, hash: string): Promise<Result<BlockHeader>>;
  /** Receipts by their ids; those that it does not have are left out. */
  receipts(ids: readonly string[]): Promise<ReadonlyMap<string, Receipt>>;
}
