import type { BlockHeader, ChainId } from '../../chain/block/index.js';
import type { Json, Result } from '../../common/index.js';

/** A block whose header and payload have been checked against its hash. */
export interface VerifiedBlock {
  readonly header: BlockHeader;
  readonly payload: Uint8Array;
}

/** Where a model to be trained is read from: this node's own store, or a server that is asked over HTTP. */
export interface BlockAccess {
  /** The hash of a release by `model` (the live one) or `model@version`; refuses with `RELEASE_NOT_FOUND`. */
  resolve(name: string): Promise<Result<string>>;
  /** A block of a chain; refuses with `BLOCK_UNKNOWN`, `BLOB_CORRUPT` or what the source says. */
  read(chain: ChainId, hash: string): Promise<Result<VerifiedBlock>>;
}

/** A payload that is JSON. */
export function jsonOf({ payload }: VerifiedBlock): Json {
  return JSON.parse(new TextDecoder().decode(payload)) as Json;
}
