import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '../../common/hash.js';
import { merkleRoot } from '../../common/merkle.js';

/** Bytes of a payload tile: the unit that `payload_root` lets one check alone. */
export const PAYLOAD_TILE_BYTES = 256 * 1024;

/** A running SHA-256, as @noble/hashes and node:crypto both offer it. */
export interface RunningHash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** What a payload's bytes hash to. */
export interface PayloadDigest {
  /** SHA-256 of all bytes, hex. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  /** RFC 6962 root over the tiles, hex; an empty payload has the root of no leaves. */
  readonly root: string;
  /** RFC 6962 leaf hash of each 256 KiB tile in order; the last tile may be shorter. */
  readonly leaves: readonly Uint8Array[];
}

/** Hashes a payload as it streams by: whole and per tile. Memory is 32 bytes per 256 KiB. */
export class PayloadHasher {
  private readonly whole: RunningHash;
  private tile: RunningHash | null = null;
  private filled = 0;
  private size = 0;
  private readonly leaves: Uint8Array[] = [];

  /** @param createHash a SHA-256; Node passes its native one */
  constructor(private readonly createHash: () => RunningHash = () => sha256.create()) {
    this.whole = createHash();
  }

  /** Takes the next bytes, in pieces of any size. */
  update(bytes: Uint8Array): this {
    this.whole.update(bytes);
    this.size += bytes.length;
    for (let offset = 0; offset < bytes.length;) {
      this.tile ??= startLeaf(this.createHash());
      const piece = bytes.subarray(offset, offset + PAYLOAD_TILE_BYTES - this.filled);
      this.tile.update(piece);
      this.filled += piece.length;
      offset += piece.length;
      if (this.filled === PAYLOAD_TILE_BYTES) this.closeTile();
    }
    return this;
  }

  /** The digests of everything taken; the hasher is used up. */
  digest(): PayloadDigest {
    this.closeTile();
    return {
      hash: bytesToHex(this.whole.digest()),
      size: this.size,
      root: bytesToHex(merkleRoot(this.leaves)),
      leaves: this.leaves,
    };
  }

  private closeTile(): void {
    if (this.tile === null) return;
    this.leaves.push(this.tile.digest());
    this.tile = null;
    this.filled = 0;
  }
}

/** The digests of a payload that is in memory. */
export function digestPayload(bytes: Uint8Array, createHash?: () => RunningHash): PayloadDigest {
  return new PayloadHasher(createHash).update(bytes).digest();
}

/** The RFC 6962 root over a payload's 256 KiB tiles, hex. */
export function payloadRoot(bytes: Uint8Array): string {
  return digestPayload(bytes).root;
}

function startLeaf(hash: RunningHash): RunningHash {
  hash.update(Uint8Array.of(0));
  return hash;
}
