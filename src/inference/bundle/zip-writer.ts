import { crc32 } from 'node:zlib';

/** A file to put into an archive; its size must be known. */
export interface ZipEntry {
  /** ASCII, with `/` between folders. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly open: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Sizes and checksum follow the data (bit 3). */
const FLAGS = 0x0008;
/** 1980-01-01: the archive of a receipt has the same bytes whenever it is made. */
const DATE = 0x0021;
const LOCAL_BYTES = 30;
const DESCRIPTOR_BYTES = 16;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/** Largest archive without the 64-bit extension that some readers lack. */
export const LARGEST_ZIP = 0xffff_ffff;

/** Size of the archive `writeZip` makes, bytes. */
export function zipSize(entries: readonly ZipEntry[]): number {
  const ofEntry = ({ name, size }: ZipEntry) =>
    LOCAL_BYTES + DESCRIPTOR_BYTES + CENTRAL_BYTES + 2 * name.length + size;
  return entries.reduce((total, entry) => total + ofEntry(entry), END_BYTES);
}

/**
 * An archive of stored (uncompressed) files as a stream: weights do not compress, and nothing is held in memory. Format:
 * PKWARE APPNOTE 6.3, sections 4.3.7 to 4.3.16. Throws when a file has another size than it said.
 */
export async function* writeZip(entries: readonly ZipEntry[]): AsyncGenerator<Uint8Array> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name, 'latin1');
    yield Buffer.concat([localHeader(name.length), name]);
    let crc = 0;
    let size = 0;
    for await (const chunk of entry.open()) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      yield chunk;
    }
    if (size !== entry.size) throw new Error(`${entry.name} has ${size} bytes instead of ${entry.size}`);
    yield descriptor(crc, size);
    directory.push(centralHeader(name.length, crc, size, offset), name);
    offset += LOCAL_BYTES + name.length + size + DESCRIPTOR_BYTES;
  }
  const central = Buffer.concat(directory);
  yield central;
  yield endRecord(entries.length, central.length, offset);
}

function localHeader(nameLength: number): Buffer {
  const header = Buffer.alloc(LOCAL_BYTES);
  header.writeUInt32LE(LOCAL, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(FLAGS, 6);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt16LE(nameLength, 26);
  return header;
}

function descriptor(crc: number, size: number): Buffer {
  const bytes = Buffer.alloc(DESCRIPTOR_BYTES);
  bytes.writeUInt32LE(DESCRIPTOR, 0);
  bytes.writeUInt32LE(crc, 4);
  bytes.writeUInt32LE(size, 8);
  bytes.writeUInt32LE(size, 12);
  return bytes;
}

function centralHeader(nameLength: number, crc: number, size: number, offset: number): Buffer {
  const header = Buffer.alloc(CENTRAL_BYTES);
  header.writeUInt32LE(CENTRAL, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt16LE(FLAGS, 8);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(size, 20);
  header.writeUInt32LE(size, 24);
  header.writeUInt16LE(nameLength, 28);
  header.writeUInt32LE(offset, 42);
  return header;
}

function endRecord(count: number, centralSize: number, centralOffset: number): Buffer {
  const record = Buffer.alloc(END_BYTES);
  record.writeUInt32LE(END, 0);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(centralSize, 12);
  record.writeUInt32LE(centralOffset, 16);
  return record;
}
