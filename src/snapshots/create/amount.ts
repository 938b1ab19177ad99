import { CodedError } from '../../common/index.js';
import type { ListedBlob } from './blob-list.js';
import { blobPath } from './copy-blobs.js';
import type { CatalogTable } from './table-catalog.js';

/** Told how far a snapshot is, in bytes. */
export type SnapshotProgress = (done: number, total: number, step: string) => void;

/** Text of a row beside what it takes in a table, where long values are compressed. */
const TEXT_FACTOR = 3;

/** What is done of all that is to be done, bytes; also where a snapshot notices that it is not wanted any more. */
export class Amount {
  private done = 0;

  constructor(
    private readonly total: number,
    private readonly signal: AbortSignal | undefined,
    private readonly listener: SnapshotProgress,
  ) {}

  /** Notes that so much is done. Throws `SNAPSHOT_CANCELLED` (503). */
  add(bytes: number, step: string): void {
    if (this.signal?.aborted === true)
      throw new CodedError('SNAPSHOT_CANCELLED', 'The snapshot was given up before it was whole.', {}, 503);
    this.done += bytes;
    this.listener(Math.min(this.done, this.total), this.total, step);
  }
}

/** Bytes to be gone through, and bytes the disk needs for what no earlier snapshot has. */
export function amountOf(
  tables: readonly CatalogTable[],
  blobs: readonly ListedBlob[],
  earlier: ReadonlyMap<string, unknown>,
): { total: number; expected: number } {
  const rows = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const total = blobs.reduce((sum, { size }) => sum + size, rows);
  const fresh = blobs.filter((blob) => !earlier.has(blobPath(blob)));
  return { total, expected: fresh.reduce((sum, { size }) => sum + size, rows * TEXT_FACTOR) };
}
