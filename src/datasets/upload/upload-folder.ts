import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, err, ok, systemCodeOf, type Result } from '../../common/index.js';
import type { DatasetDescription } from '../registry/dataset-record.js';

/** Bounds of uploads in chunks. */
export const UPLOAD_LIMITS = {
  /** Bytes of one chunk: 16 MiB. */
  chunkBytes: 2 ** 24,
  /** Uploads of one account that may be open at once, and of all together. */
  open: { account: 4, all: 64 },
  /** How long an untouched upload is kept, ms: a day. */
  idleMs: 24 * 60 * 60 * 1000,
} as const;

/** An upload that is open: whose it is, and what it will be. */
export interface OpenUpload {
  readonly creator: string;
  readonly description: DatasetDescription;
}

const UPLOAD_ID = /^[0-9a-f]{32}$/;
const ABOUT = 'upload.json';
const DATA = 'data';

/** Uploads in chunks, which outlive connections and restarts: a folder each, with what it will be and the bytes so far. */
export class UploadFolder {
  constructor(private readonly folder: string) {}

  /** Opens an upload; one that is open stays as it is. `DATASET_UPLOADS` (429) while too many are. */
  async begin(id: string, upload: OpenUpload): Promise<Result<void>> {
    if ((await this.about(id)).ok) return ok();
    const others = await this.others();
    const own = others.filter(({ creator }) => creator === upload.creator).length;
    if (own >= UPLOAD_LIMITS.open.account || others.length >= UPLOAD_LIMITS.open.all)
      return err(new CodedError('DATASET_UPLOADS', `${own} uploads are open already.`, {}, 429));
    const path = join(this.folder, id);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, `${ABOUT}.new`), JSON.stringify(upload));
    await rename(join(path, `${ABOUT}.new`), join(path, ABOUT));
    return ok();
  }

  /** What an upload will be; `DATASET_UPLOAD_UNKNOWN` (404) for one that is not open. */
  async about(id: string): Promise<Result<OpenUpload>> {
    try {
      if (UPLOAD_ID.test(id))
        return ok(JSON.parse(await readFile(join(this.folder, id, ABOUT), 'utf8')) as OpenUpload);
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
    }
    return err(new CodedError('DATASET_UPLOAD_UNKNOWN', 'There is no such upload.', {}, 404));
  }

  /** Where its bytes lie. */
  path(id: string): string {
    return join(this.folder, id, DATA);
  }

  /** Bytes that are here. */
  async received(id: string): Promise<number> {
    try {
      return (await stat(this.path(id))).size;
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return 0;
      throw thrown;
    }
  }

  /**
   * Appends a chunk at `offset`, where the bytes so far end (`DATASET_UPLOAD_OFFSET`, 409, says where that is). What comes before a
   * connection breaks counts. A chunk beyond `limit` is undone: `DATASET_UPLOAD_SIZE` (413).
   */
  async append(
    id: string,
    offset: number,
    limit: number,
    chunk: AsyncIterable<Uint8Array>,
  ): Promise<Result<void>> {
    const received = await this.received(id);
    if (offset !== received) {
      const message = `The next chunk starts at byte ${received}, not at ${offset}.`;
      return err(new CodedError('DATASET_UPLOAD_OFFSET', message, { received }, 409));
    }
    const most = Math.min(limit, received + UPLOAD_LIMITS.chunkBytes);
    const handle = await open(this.path(id), 'a');
    try {
      let end = received;
      for await (const piece of chunk) {
        end += piece.length;
        if (end > most) {
          await handle.truncate(received);
          const message = `This chunk goes beyond byte ${most}.`;
          return err(new CodedError('DATASET_UPLOAD_SIZE', message, { limit: most }, 413));
        }
        await handle.writeFile(piece);
      }
    } finally {
      await handle.close();
    }
    const now = new Date();
    await utimes(join(this.folder, id), now, now);
    return ok();
  }

  /** Forgets an upload; no error when it is gone. */
  async discard(id: string): Promise<void> {
    if (UPLOAD_ID.test(id)) await rm(join(this.folder, id), { recursive: true, force: true });
  }

  /** The open uploads; those that nobody has touched for a day are forgotten. */
  private async others(): Promise<OpenUpload[]> {
    await mkdir(this.folder, { recursive: true });
    const open: OpenUpload[] = [];
    for (const id of await readdir(this.folder)) {
      const { mtimeMs } = await stat(join(this.folder, id));
      const about = await this.about(id);
      if (Date.now() - mtimeMs > UPLOAD_LIMITS.idleMs) await this.discard(id);
      else if (about.ok) open.push(about.value);
    }
    return open;
  }
}
