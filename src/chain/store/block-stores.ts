import { join } from 'node:path';
import { merkleRoot, bytesToHex } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { decodeHeader, hashHeader } from '../block/index.js';
import type { BlobStore } from './blob-store.js';
import { nameOfDelta } from './delta-chain.js';
import { FileBlobStore } from './file-blob-store.js';
import { nameOfNote } from './payload-forms.js';
import { PayloadStore } from './payload-store.js';

/** The three kinds of blobs a block consists of. */
export class BlockStores {
  constructor(
    /** Payloads by `payload_hash`, whole or as deltas. */
    readonly payloads: PayloadStore,
    /** Signed headers as canonical JSON, by block hash. */
    readonly headers: BlobStore,
    /** The tile leaf hashes of payloads larger than one tile, 32 bytes each, by `payload_root`: they say which tile of a damaged payload is wrong. */
    readonly leaves: BlobStore,
  ) {}

  /** The stores of a data folder: `blobs/payloads`, `blobs/headers`, `blobs/leaves`, and `blobs/deltas` and `blobs/kept-whole` for the forms of payloads. */
  static inFolder(folder: string): BlockStores {
    return new BlockStores(
      new PayloadStore(
        new FileBlobStore(join(folder, 'payloads')),
        new FileBlobStore(join(folder, 'deltas'), { ofBytes: nameOfDelta }),
        new FileBlobStore(join(folder, 'kept-whole'), { ofBytes: nameOfNote }),
      ),
      new FileBlobStore(join(folder, 'headers'), { ofBytes: nameOfHeader }),
      new FileBlobStore(join(folder, 'leaves'), { ofBytes: nameOfLeaves }),
    );
  }
}

/** The block hash of a stored header; empty for what is not a header, so that it agrees with no name. */
export function nameOfHeader(bytes: Uint8Array): string {
  const decoded = decodeHeader(bytes);
  return decoded.ok ? hashHeader(decoded.value, nativeSha256) : '';
}

/** The payload root over stored tile leaf hashes; empty for a length that is not whole leaves. */
export function nameOfLeaves(bytes: Uint8Array): string {
  if (bytes.length % 32 !== 0) return '';
  const leaves = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
  return bytesToHex(merkleRoot(leaves, nativeSha256));
}
