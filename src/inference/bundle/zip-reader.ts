import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';

const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const MOST_FILES = 65_534;
const LARGEST_DIRECTORY = 32 << 20;
const CHUNK_BYTES = 1 << 18;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 0x0001;
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,127})?$/;

interface Place {
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

/** Reads archives of untrusted origin: names are checked, sizes are believed only as upper bounds. Refusals: `ZIP_INVALID`. */
export class ZipReader {
  private constructor(
    private readonly file: FileHandle,
    private readonly places: ReadonlyMap<string, Place>,
  ) {}

  /** Opens an archive and reads its directory. */
  static async open(path: string): Promise<Result<ZipReader>> {
    let file: FileHandle;
    try {
      file = await open(path);
    } catch (thrown) {
      return err(
        new CodedError('BUNDLE_UNREADABLE', `the bundle cannot be read: ${messageOf(thrown)}`, { path }),
      );
    }
    const places = await readDirectory(file);
    if (places.ok) return ok(new ZipReader(file, places.value));
    await file.close();
    return places;
  }

  /** Every file's name. */
  get names(): readonly string[] {
    return [...this.places.keys()];
  }

  /** Size of a file, bytes; null when there is none of that name. */
  sizeOf(name: string): number | null {
    return this.places.get(name)?.size ?? null;
  }

  /** The bytes of a file as a stream; it fails with a `CodedError` when they are more than the directory says. */
  async *stream(name: string): AsyncGenerator<Uint8Array> {
    const place = this.places.get(name);
    if (place === undefined) throw invalid(`there is no ${name}`);
    const local = Buffer.alloc(LOCAL_BYTES);
    await this.file.read(local, 0, LOCAL_BYTES, place.offset);
    const start = place.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
    let size = 0;
    for await (const chunk of this.unpacked(place, start)) {
      size += chunk.length;
      if (size > place.size) throw invalid(`${name} is larger than the directory says`);
      yield chunk;
    }
    if (size !== place.size) throw invalid(`${name} is cut off`);
  }

  /** A small file as a whole; null when there is none, `ZIP_INVALID` when it is larger than `limit` bytes. */
  async read(name: string, limit: number): Promise<Result<Buffer | null>> {
    const place = this.places.get(name);
    if (place === undefined) return ok(null);
    if (place.size > limit) return err(invalid(`${name} has more than ${limit} bytes`));
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of this.stream(name)) chunks.push(chunk);
      return ok(Buffer.concat(chunks));
    } catch (thrown) {
      return err(thrown instanceof CodedError ? thrown : invalid(messageOf(thrown)));
    }
  }

  /** Closes the file. */
  close(): Promise<void> {
    return this.file.close();
  }

  private unpacked(place: Place, start: number): AsyncIterable<Uint8Array> {
    const raw = this.range(start, start + place.packed);
    if (place.method === STORED) return raw;
    const inflate = createInflateRaw();
    const source = Readable.from(raw, { objectMode: false });
    source.on('error', (thrown) => inflate.destroy(thrown));
    return source.pipe(inflate);
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

async function readDirectory(file: FileHandle): Promise<Result<Map<string, Place>>> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, END_BYTES + LONGEST_COMMENT));
  await file.read(tail, 0, tail.length, size - tail.length);
  const at = tail.lastIndexOf(Uint8Array.of(0x50, 0x4b, 0x05, 0x06));
  if (at < 0 || at + END_BYTES > tail.length || tail.readUInt32LE(at) !== END)
    return err(invalid('it has no directory'));
  const [count, length, offset] = [
    tail.readUInt16LE(at + 10),
    tail.readUInt32LE(at + 12),
    tail.readUInt32LE(at + 16),
  ];
  if (count > MOST_FILES || length > LARGEST_DIRECTORY || offset + length > size) {
    return err(invalid('its directory does not lie within the file'));
  }
  const directory = Buffer.alloc(length);
  await file.read(directory, 0, length, offset);
  return parseDirectory(directory, count, size);
}

function parseDirectory(directory: Buffer, count: number, fileSize: number): Result<Map<string, Place>> {
  const places = new Map<string, Place>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL) {
      return err(invalid('its directory is cut off'));
    }
    const nameLength = directory.readUInt16LE(at + 28);
    const name = directory.toString('latin1', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength);
    const place = {
      method: directory.readUInt16LE(at + 10),
      packed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    };
    const encrypted = (directory.readUInt16LE(at + 8) & ENCRYPTED) !== 0;
    const readable = (place.method === STORED || place.method === DEFLATED) && !encrypted;
    const inside = place.offset + LOCAL_BYTES + place.packed <= fileSize;
    at += CENTRAL_BYTES + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (name.endsWith('/') && place.size === 0) continue;
    if (!SAFE_NAME.test(name) || places.has(name))
      return err(invalid(`it holds the name ${JSON.stringify(name)}`));
    if (!readable || !inside) return err(invalid(`${name} cannot be read`));
    places.set(name, place);
  }
  return ok(places);
}

function invalid(detail: string): CodedError {
  return new CodedError('ZIP_INVALID', `the bundle is not an archive that can be read: ${detail}`);
}
