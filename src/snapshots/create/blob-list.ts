import { PAYLOAD_TILE_BYTES, type BlockHeader } from '../../chain/index.js';
import type { DatabaseView } from './database-view.js';

/** The folder of `blobs/` a blob lies in. */
export type BlobKind = 'payloads' | 'headers' | 'leaves';

/** One blob of a snapshot. */
export interface ListedBlob {
  readonly kind: BlobKind;
  readonly hash: string;
  /** Bytes; 0 where they are few and nobody keeps the number. */
  readonly size: number;
}

/** The blobs the accepted blocks consist of, each once. */
export async function listBlobs(view: DatabaseView): Promise<ListedBlob[]> {
  const found = new Map<string, ListedBlob>();
  const add = (kind: BlobKind, hash: string, size: number) =>
    found.set(`${kind}/${hash}`, { kind, hash, size });
  const query = 'SELECT hash, payload_hash, payload_size, header FROM blocks';
  for await (const batch of view.batches<BlockRow>(query)) {
    for (const { hash, payload_hash, payload_size, header } of batch) {
      const size = Number(payload_size);
      add('headers', hash, 0);
      add('payloads', payload_hash, size);
      if (size > PAYLOAD_TILE_BYTES) add('leaves', (JSON.parse(header) as BlockHeader).payload_root, 0);
    }
  }
  return [...found.values()];
}

interface BlockRow {
  readonly hash: string;
  readonly payload_hash: string;
  readonly payload_size: string;
  readonly header: string;
}
