import { statfs } from 'node:fs/promises';
import { CodedError } from '../common/index.js';

/** What the log needs at least to put down what it was given, bytes: tiles, a checkpoint, and the database's share. */
const LEAST_FREE = 8 * 1024 * 1024;
/** How old an answer of the file system may be, ms. */
const FRESH_MS = 250;

/**
 * Refuses entries while the disk has no room for them. What is to be recorded is refused before it is done then, and the database is not
 * driven to a disk that is full to the last byte, from which it cannot always come back by itself.
 */
export class LogSpace {
  private known: { readonly free: Promise<number>; readonly until: number } | null = null;

  /** @param free gives the free bytes of the folder's file system */
  constructor(
    folder: string,
    private readonly free: () => Promise<number> = () => freeBytes(folder),
  ) {}

  /** Throws `STORAGE_FULL` (507) when there is too little room. */
  async check(): Promise<void> {
    const now = performance.now();
    if (this.known === null || now >= this.known.until)
      this.known = { free: this.free(), until: now + FRESH_MS };
    const free = await this.known.free;
    if (free < LEAST_FREE)
      throw new CodedError(
        'STORAGE_FULL',
        'The disk is full; nothing was done.',
        { free, retryAfter: 5 },
        507,
      );
  }
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
