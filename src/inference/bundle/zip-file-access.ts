import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RandomAccessReader } from 'yauzl';

const CHUNK_BYTES = 1 << 18;

/**
 * Lets the ZIP library read an open file, and only within it: an archive may name any 64-bit offset, at which the library's
 * own file access throws where nothing can catch it. The file remains the caller's to close.
 */
export class ZipFileAccess extends RandomAccessReader {
  /** @param size of the file, bytes */
  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {
    super();
  }

  /** Fills `length` bytes of `buffer` from `position` of the file, or calls back with an error. */
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    if (position + length > this.size) {
      setImmediate(callback, new Error('it points beyond its end'));
      return;
    }
    this.file.read(buffer, offset, length, position).then(
      ({ bytesRead }) => callback(bytesRead < length ? new Error('it is cut off') : null),
      (thrown: Error) => callback(thrown),
    );
  }

  /** The bytes from `start` to `end` (exclusive). */
  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.range(start, end), { objectMode: false });
  }

  private async *range(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end;) {
      const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, end - at));
      const { bytesRead } = await this.file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}
