import type { Json } from '../../common/canonical-json.js';

/** The chains: A meta (linear), B parameters (DAG), C ledger (linear), D datasets (linear). */
export type ChainId = 'A' | 'B' | 'C' | 'D';

/** Every chain, in order. */
export const CHAIN_IDS: readonly ChainId[] = ['A', 'B', 'C', 'D'];

/** How a payload is encoded. */
export type PayloadType = 'json' | 'tensorblock' | 'eeb' | 'tile_stream';

/** Every payload encoding of block version 1. */
export const PAYLOAD_TYPES: readonly PayloadType[] = ['json', 'tensorblock', 'eeb', 'tile_stream'];

/** The block types each chain of version 1 knows. */
export const BLOCK_TYPES: Readonly<Record<ChainId, readonly string[]>> = {
  A: ['meta', 'tokenizer', 'release', 'migration', 'consensus'],
  B: ['expert', 'router', 'dense', 'tile_snapshot', 'delta'],
  C: ['transfers'],
  D: ['dataset', 'verdict'],
};

/** Small facts of a block; at most 64 KiB as canonical JSON. */
export type BlockMetadata = Readonly<Record<string, Json>>;

/** What a block says before it is signed. Hashes and keys are lower-case hex; times are ms since the epoch. */
export interface UnsignedBlockHeader {
  readonly version: 1;
  readonly chain_id: ChainId;
  readonly block_type: string;
  /** Linear chains: the block before, null on the first one. Always null on B. */
  readonly prev_hash: string | null;
  /** Sorted, unique block hashes. */
  readonly depends_on: readonly string[];
  readonly name: string | null;
  readonly layer_id: number | null;
  readonly payload_type: PayloadType;
  readonly payload_hash: string;
  /** Bytes. */
  readonly payload_size: number;
  /** RFC 6962 root over the payload's 256 KiB tiles. */
  readonly payload_root: string;
  readonly metadata: BlockMetadata;
  /** Compressed secp256k1 key of the author: 33 bytes, 66 hex digits. */
  readonly miner_pub: string;
  readonly timestamp: number;
  readonly nonce: number;
}

/** A signed block header (docs/formats/block.md). */
export interface BlockHeader extends UnsignedBlockHeader {
  /** Compact low-S ECDSA over the header's hash: 64 bytes, 128 hex digits. */
  readonly signature: string;
}

/** Bounds of a header; what exceeds them is refused with `BLOCK_SHAPE` or `BLOCK_METADATA_SIZE`. */
export const HEADER_LIMITS = {
  /** Blocks one block may depend on. */
  dependencies: 16_384,
  /** Bytes of canonical JSON in `metadata`. */
  metadataBytes: 65_536,
  /** Nesting of `metadata`. */
  metadataDepth: 16,
  /** Bytes of a payload: 64 GiB. */
  payloadBytes: 2 ** 36,
  /** Bytes of a whole signed header as canonical JSON. */
  headerBytes: 2 ** 21,
  /** Latest time a date can carry. */
  timestamp: 8_640_000_000_000_000,
} as const;
