import { createHash } from 'node:crypto';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { DatasetFile } from '../registry/dataset-record.js';

const LINE_BREAK = 0x0a;

/** Compares the bytes of a dataset with what was said of its files, as they stream by. Memory: a hash. */
export class FilesCheck {
  private hash = createHash('sha256');
  private place = 0;
  private filled = 0;
  private last = LINE_BREAK;
  private refusal: CodedError | null = null;

  constructor(private readonly files: readonly DatasetFile[]) {}

  /** Takes the next bytes, in pieces of any size. */
  update(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length && this.refusal === null;) {
      const file = this.files.at(this.place);
      if (file === undefined) {
        this.refuse('DATASET_FILE_SIZE', 'there are more bytes than the files have');
        return;
      }
      const piece = bytes.subarray(offset, offset + file.bytes - this.filled);
      this.hash.update(piece);
      this.filled += piece.length;
      offset += piece.length;
      this.last = piece[piece.length - 1];
      if (this.filled === file.bytes) this.close(file);
    }
  }

  /**
   * What came of it, at the end: `DATASET_FILE_SIZE`, `DATASET_FILE_HASH`, or `DATASET_FILE_END` where a file but the last does not
   * end with a line break, so that its last line would run into the next file.
   */
  end(): Result<void> {
    if (this.refusal === null && this.place < this.files.length)
      this.refuse('DATASET_FILE_SIZE', `${this.files[this.place].name} is shorter than was said`);
    return this.refusal === null ? ok() : err(this.refusal);
  }

  private close(file: DatasetFile): void {
    if (this.hash.digest('hex') !== file.sha256)
      this.refuse('DATASET_FILE_HASH', `${file.name} does not have the hash that was said`);
    this.place++;
    this.filled = 0;
    this.hash = createHash('sha256');
    if (this.place < this.files.length && this.last !== LINE_BREAK)
      this.refuse('DATASET_FILE_END', `${file.name} does not end with a line break`);
  }

  private refuse(code: string, what: string): void {
    this.refusal ??= new CodedError(code, `The files are not as described: ${what}.`);
  }
}
