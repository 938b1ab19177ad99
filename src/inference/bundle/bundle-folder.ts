import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PayloadHasher, type PayloadDigest } from '../../chain/index.js';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import type { ZipReader } from './zip-reader.js';

/** A file taken out of a bundle, with what its bytes hash to. */
export interface ExtractedFile extends PayloadDigest {
  readonly path: string;
}

/** Takes large files out of a bundle into a folder, hashing them on the way. */
export class BundleFolder {
  private constructor(
    private readonly zip: ZipReader,
    private readonly folder: string,
  ) {}

  /** @param folder an existing empty folder of the caller's */
  static async in(folder: string, zip: ZipReader): Promise<BundleFolder> {
    await mkdir(folder, { recursive: true });
    return new BundleFolder(zip, folder);
  }

  /** Extracts one file; refuses with `ZIP_INVALID`, or `BUNDLE_INCOMPLETE` when there is none of that name. */
  async extract(name: string): Promise<Result<ExtractedFile>> {
    if (this.zip.sizeOf(name) === null) {
      return err(new CodedError('BUNDLE_INCOMPLETE', `the bundle lacks ${name}`, { file: name }));
    }
    const path = join(this.folder, name.replace('/', '-'));
    const hasher = new PayloadHasher(() => createHash('sha256'));
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hasher.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(Readable.from(this.zip.stream(name)), hashing, createWriteStream(path));
    } catch (thrown) {
      if (thrown instanceof CodedError) return err(thrown);
      return err(new CodedError('BUNDLE_UNREADABLE', `${name}: ${messageOf(thrown)}`, { file: name }));
    }
    return ok({ ...hasher.digest(), path });
  }
}
