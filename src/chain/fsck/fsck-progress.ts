import type { LogFiles } from '../../log/index.js';
import { parseCheckpoint } from '../../log/index.js';
import type { BlockStores } from '../store/block-stores.js';

/** Told how far a run is, in bytes of work. */
export type ProgressListener = (done: number, total: number, step: string) => void;

/** What a header and a leaf cost beside a byte of payload. */
const HEADER_COST = 500_000;
const LEAF_COST = 20_000;

/** Counts the work of one pass in bytes of payload hashed, headers and leaves at what they cost beside that. */
export class FsckProgress {
  private done = 0;

  private constructor(
    private readonly total: number,
    private readonly listener: ProgressListener,
  ) {}

  /** Looks how much there is to do. */
  static async begin(
    stores: BlockStores,
    files: LogFiles,
    listener: ProgressListener,
  ): Promise<FsckProgress> {
    let total = 0;
    for await (const { size } of stores.payloads.list()) total += size;
    for await (const _header of stores.headers.list()) total += HEADER_COST;
    const checkpoint = parseCheckpoint((await files.readCheckpoint()) ?? '');
    if (checkpoint.ok) total += checkpoint.value.size * LEAF_COST;
    return new FsckProgress(total, listener);
  }

  /** A log entry was checked. */
  leaf(): void {
    this.advance(LEAF_COST, 'log');
  }

  /** A header was checked. */
  header(): void {
    this.advance(HEADER_COST, 'headers');
  }

  /** A payload was hashed. */
  payload(bytes: number): void {
    this.advance(bytes, 'payloads');
  }

  private advance(cost: number, step: string): void {
    this.done += cost;
    this.listener(Math.min(this.done, this.total), this.total, step);
  }
}
