import { open, type FileHandle } from 'node:fs/promises';
import { fromRandomAccessReaderPromise, type Entry, type ZipFile } from 'yauzl';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { ZipFileAccess } from './zip-file-access.js';
import { LARGEST_ZIP, MOST_ZIP_FILES } from './zip-writer.js';

const LARGEST_DIRECTORY = 32 << 20;
const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,127})?$/;
const OPTIONS = { lazyEntries: true, autoClose: false, strictFileNames: true, validateEntrySizes: true };

/** Reads archives of untrusted origin: names are checked, sizes are believed only as upper bounds. Refusals: `ZIP_INVALID`. */
export class ZipReader {
  private constructor(
    private readonly file: FileHandle,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
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
    try {
      const { size } = await file.stat();
      const zip = await fromRandomAccessReaderPromise(new ZipFileAccess(file, size), size, OPTIONS);
      return ok(new ZipReader(file, zip, await readDirectory(zip)));
    } catch (thrown) {
      await file.close();
      return err(thrown instanceof CodedError ? thrown : invalid(messageOf(thrown)));
    }
  }

  /** Every file's name. */
  get names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** Size of a file, bytes; null when there is none of that name. */
  sizeOf(name: string): number | null {
    return this.entries.get(name)?.uncompressedSize ?? null;
  }

  /** The bytes of a file as a stream; it fails with a `CodedError` when they are not as many as the directory says. */
  async *stream(name: string): AsyncGenerator<Uint8Array> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw invalid(`there is no ${name}`);
    try {
      for await (const chunk of await this.zip.openReadStreamPromise(entry)) yield chunk as Uint8Array;
    } catch (thrown) {
      if (thrown instanceof Error && 'syscall' in thrown) throw thrown;
      throw invalid(`${name} is damaged, cut off or larger than the directory says: ${messageOf(thrown)}`);
    }
  }

  /** A small file as a whole; null when there is none, `ZIP_INVALID` when it is larger than `limit` bytes. */
  async read(name: string, limit: number): Promise<Result<Buffer | null>> {
    const size = this.sizeOf(name);
    if (size === null) return ok(null);
    if (size > limit) return err(invalid(`${name} has more than ${limit} bytes`));
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
    this.zip.close();
    return this.file.close();
  }
}

async function readDirectory(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > MOST_ZIP_FILES) throw invalid(`it holds more than ${MOST_ZIP_FILES} files`);
  const entries = new Map<string, Entry>();
  let directory = 0;
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    const { fileName: name, compressedSize: packed, uncompressedSize: size } = entry;
    directory += entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    total += size;
    if (directory > LARGEST_DIRECTORY) throw invalid('its directory is too large');
    if (total > LARGEST_ZIP) throw invalid(`its files have more than ${LARGEST_ZIP} bytes`);
    if (name.endsWith('/') && size === 0) continue;
    if (!SAFE_NAME.test(name) || entries.has(name))
      throw invalid(`it holds the name ${JSON.stringify(name)}`);
    const inside = entry.relativeOffsetOfLocalHeader + packed <= zip.fileSize;
    if (!entry.canDecodeFileData() || !inside) throw invalid(`${name} cannot be read`);
    entries.set(name, entry);
  }
  return entries;
}

function invalid(detail: string): CodedError {
  return new CodedError('ZIP_INVALID', `the bundle is not an archive that can be read: ${detail}`);
}
