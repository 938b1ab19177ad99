import { statfs } from 'node:fs/promises';
import { CodedError } from '../../common/index.js';

/** What a snapshot leaves free on its disk, bytes: the server may write to the same one. */
const RESERVE = 32 * 1024 * 1024;
/** How old an answer of the file system may be, ms. */
const FRESH_MS = 250;

/** Watches the room on the disk of a folder, so that a snapshot neither begins in vain nor takes the last of it. */
export class Headroom {
  private until = 0;
  private left = 0;

  constructor(
    private readonly folder: string,
    private readonly free: (folder: string) => Promise<number> = freeBytes,
  ) {}

  /** Throws `STORAGE_FULL` (507) unless so many bytes can be written now and the reserve stays. */
  async need(bytes: number): Promise<void> {
    const now = performance.now();
    if (now >= this.until) {
      this.left = (await this.free(this.folder)) - RESERVE;
      this.until = now + FRESH_MS;
    }
    if (bytes > this.left) throw noRoom(bytes, this.left);
    this.left -= bytes;
  }

  /** Throws the same when that many bytes, in all, will not fit. */
  async expect(total: number): Promise<void> {
    const left = (await this.free(this.folder)) - RESERVE;
    if (total > left) throw noRoom(total, left);
  }
}

function noRoom(needed: number, left: number): CodedError {
  const free = Math.max(0, Math.floor(left));
  const detail = `There is no room for the snapshot: ${needed} bytes are needed, ${free} can be used.`;
  return new CodedError('STORAGE_FULL', detail, { needed, free }, 507);
}

/** What an unprivileged process may still write; infinite where the file system does not say. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
