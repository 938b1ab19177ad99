import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';

/** Where the documents of a file lie. */
export interface DocumentPlaces {
  /** Byte that each begins at. */
  readonly starts: Float64Array;
  /** Bytes of each, without its line break. */
  readonly lengths: Uint32Array;
}

const LINE_BREAK = 0x0a;
/** White space of JSON inside a line: a line of nothing else is no document. */
const BLANK = new Set([0x20, 0x09, 0x0d]);

/**
 * Finds the lines of a file of JSON lines that hold documents, in one pass. `DATASET_DAMAGED` where the file cannot be read, has another
 * hash, or holds another number of documents than its audit counted.
 */
export async function placesOfDocuments(
  path: string,
  { sha256, documents }: { readonly sha256: string; readonly documents: number },
): Promise<Result<DocumentPlaces>> {
  const places = new PlaceWriter(documents);
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      places.add(chunk as Buffer);
    }
  } catch (thrown) {
    return damaged(path, messageOf(thrown));
  }
  if (hash.digest('hex') !== sha256) return damaged(path, 'it has another hash than the dataset');
  const found = places.end();
  return found === documents
    ? ok({ starts: places.starts, lengths: places.lengths })
    : damaged(path, `${found} documents were found, the audit counted ${documents}`);
}

/** Notes where lines begin and end, however a file is cut. */
class PlaceWriter {
  readonly starts: Float64Array;
  readonly lengths: Uint32Array;
  private found = 0;
  private read = 0;
  private lineStart = 0;
  private isFilled = false;

  constructor(documents: number) {
    this.starts = new Float64Array(documents);
    this.lengths = new Uint32Array(documents);
  }

  add(chunk: Uint8Array): void {
    for (let from = 0; from < chunk.length;) {
      const end = chunk.indexOf(LINE_BREAK, from);
      const until = end < 0 ? chunk.length : end;
      this.isFilled ||= isFilled(chunk, from, until);
      if (end >= 0) this.close(this.read + end);
      from = until + 1;
    }
    this.read += chunk.length;
  }

  /** @returns how many documents there are; those beyond the expected number are counted only */
  end(): number {
    this.close(this.read);
    return this.found;
  }

  private close(end: number): void {
    if (this.isFilled) {
      if (this.found < this.starts.length) {
        this.starts[this.found] = this.lineStart;
        this.lengths[this.found] = end - this.lineStart;
      }
      this.found++;
    }
    this.lineStart = end + 1;
    this.isFilled = false;
  }
}

function isFilled(chunk: Uint8Array, from: number, until: number): boolean {
  for (let i = from; i < until; i++) if (!BLANK.has(chunk[i])) return true;
  return false;
}

function damaged(path: string, why: string): Result<never> {
  return err(new CodedError('DATASET_DAMAGED', `the file ${path} of a dataset is damaged: ${why}`, { path }));
}
