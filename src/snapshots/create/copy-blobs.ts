import { join } from 'node:path';
import type { BlockStores } from '../../chain/index.js';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { forEachParallel } from '../../common/durable-files.js';
import type { SnapshotFile } from '../manifest.js';
import type { ListedBlob } from './blob-list.js';
import type { SnapshotWriter } from './snapshot-writer.js';

/** Files of the newest earlier snapshot, by path, and where it lies; what is unchanged is shared with it. */
export interface EarlierFiles {
  readonly folder: string;
  readonly files: ReadonlyMap<string, SnapshotFile>;
}

/** Where a blob lies in a snapshot. */
export function blobPath({ kind, hash }: Pick<ListedBlob, 'kind' | 'hash'>): string {
  return `blobs/${kind}/${hash.slice(0, 2)}/${hash}`;
}

/**
 * Copies blobs into a snapshot, each checked against its name; those an earlier snapshot has are shared with it. `SNAPSHOT_SOURCE`
 * names the first that is damaged or missing. Throws what the disk says.
 */
export async function copyBlobs(
  stores: BlockStores,
  blobs: readonly ListedBlob[],
  earlier: EarlierFiles | null,
  writer: SnapshotWriter,
  onBlob: (blob: ListedBlob) => void,
): Promise<Result<void>> {
  let refused: CodedError | null = null;
  await forEachParallel(blobs, async (blob) => {
    if (refused !== null) return;
    if (!(await isShared(blob, earlier, writer)) && !(await copied(stores, blob, writer)))
      refused ??= damaged(blob);
    onBlob(blob);
  });
  return refused === null ? ok() : err(refused);
}

async function isShared(
  blob: ListedBlob,
  earlier: EarlierFiles | null,
  writer: SnapshotWriter,
): Promise<boolean> {
  const file = earlier?.files.get(blobPath(blob));
  return file !== undefined && writer.share(file, join(earlier!.folder, file.path));
}

/** Whole payloads may be large and are streamed; the others, and payloads that lie as deltas, are read checked. */
async function copied(stores: BlockStores, blob: ListedBlob, writer: SnapshotWriter): Promise<boolean> {
  const store = stores[blob.kind];
  if (blob.kind === 'payloads' && (await stores.payloads.whole.has(blob.hash)))
    return (await writer.add(blobPath(blob), store.open(blob.hash))).sha256 === blob.hash;
  const bytes = await store.read(blob.hash);
  if (bytes.ok) await writer.add(blobPath(blob), bytes.value);
  return bytes.ok;
}

function damaged({ kind, hash }: ListedBlob): CodedError {
  const detail = `${blobPath({ kind, hash })} is damaged or missing; run: stemma fsck`;
  return new CodedError('SNAPSHOT_SOURCE', detail, { kind, hash }, 503);
}
