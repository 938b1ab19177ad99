import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

/** A file to put into an archive; its size must be known. */
export interface ZipEntry {
  /** ASCII, with `/` between folders. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Largest archive without the 64-bit extension that some readers lack. */
export const LARGEST_ZIP = 0xffff_ffff;

/** Most files in an archive without the 64-bit extension. */
export const MOST_ZIP_FILES = 65_534;

/** The library writes local time: 1980-01-01 at midnight of any zone is the same bytes everywhere and whenever. */
const MODIFIED = new Date(1980, 0, 1);
const MODE = 0o100644;

/** Size of the archive `writeZip` makes, bytes; exact up to `LARGEST_ZIP` bytes and `MOST_ZIP_FILES` files. */
export function zipSize(entries: readonly ZipEntry[]): number {
  // The library foretells 76 bytes too many when the directory has 64 KiB or more, and is exact for a single file.
  const empty = foretoldSize([]);
  return entries.reduce((total, entry) => total + foretoldSize([entry]) - empty, empty);
}

/**
 * An archive of stored (uncompressed) files as a stream: weights do not compress, and only the chunks under way are held in
 * memory. The same files give the same bytes. Throws when a file has another size than it said.
 */
export async function* writeZip(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let source: Readable | null = null;
  zip.on('error', (thrown: Error) => output.destroy(thrown));
  for (const entry of entries) {
    zip.addReadStreamLazy(entry.name, optionsOf(entry), (use) => {
      if (output.destroyed) return;
      source = Readable.from(exactly(entry), { objectMode: false });
      source.on('error', (thrown) => zip.emit('error', thrown));
      use(null, source);
    });
  }
  zip.end();
  try {
    for await (const chunk of output) yield chunk as Uint8Array;
  } finally {
    (source as Readable | null)?.destroy();
  }
}

function foretoldSize(entries: readonly ZipEntry[]): number {
  const zip = new ZipFile();
  for (const entry of entries) zip.addReadStreamLazy(entry.name, optionsOf(entry), () => undefined);
  let foretold = Number.NaN;
  // Rest parameters, because the library's types leave out that the callback is given the size.
  zip.end({ forceZip64Format: false, comment: '' }, (...[size]: number[]) => (foretold = size ?? foretold));
  return foretold;
}

function optionsOf({ size }: ZipEntry) {
  return { size, mtime: MODIFIED, mode: MODE, compress: false, forceDosTimestamp: true };
}

async function* exactly({ name, size, open }: ZipEntry): AsyncGenerator<Uint8Array> {
  let given = 0;
  for await (const chunk of open()) {
    given += chunk.length;
    if (given > size) break;
    yield chunk;
  }
  if (given !== size) throw new Error(`${name} has ${given} bytes instead of ${size}`);
}
