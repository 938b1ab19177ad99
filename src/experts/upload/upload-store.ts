import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { BlockPublisher, type AcceptedBlock, type BlockInput } from '../../chain/index.js';
import { CodedError, err, ok, systemCodeOf, type Json, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { checkExpertHeader, type ExpertHeader } from './expert-header.js';
import { UPLOAD_LIMITS } from './upload-limits.js';

/** How far an upload is. */
export interface UploadState {
  readonly upload_id: string;
  /** Largest chunk that is taken, bytes. */
  readonly chunk_bytes: number;
  readonly blocks: readonly {
    readonly hash: string;
    readonly payload_hash: string;
    readonly size: number;
    /** Bytes that are here; the next chunk starts there. */
    readonly received: number;
  }[];
}

const UPLOAD_ID = /^[0-9a-f]{32}$/;
const SESSION_FILE = 'session.json';

/**
 * Uploads in chunks that outlive connections and restarts: a folder per upload with its headers and, per payload, the
 * bytes that have arrived. Nothing here is trusted; the publishing pipeline judges the finished blocks.
 */
@Injectable()
export class UploadStore {
  private readonly folder: string;
  /** Payloads a chunk is being written to, and uploads that are being published. */
  private readonly busy = new Set<string>();

  constructor(
    config: AppConfig,
    private readonly publisher: BlockPublisher,
  ) {
    this.folder = join(config.dataDir, 'uploads');
  }

  /** Opens an upload, or finds the one of the same blocks again. */
  async begin(headers: readonly unknown[]): Promise<Result<UploadState>> {
    if (headers.length === 0 || headers.length > UPLOAD_LIMITS.blocks) {
      const message = `an upload has 1 to ${UPLOAD_LIMITS.blocks} blocks, not ${headers.length}`;
      return err(new CodedError('UPLOAD_BLOCKS', message, {}, 400));
    }
    const checked: ExpertHeader[] = [];
    for (const value of headers) {
      const header = checkExpertHeader(value);
      if (!header.ok) return header;
      checked.push(header.value);
    }
    const hashes = [...new Set(checked.map(({ hash }) => hash))].sort();
    const id = nativeSha256Hex(hashes.join()).slice(0, 32);
    if (!(await exists(join(this.folder, id)))) {
      const room = await this.makeRoom();
      if (!room.ok) return room;
      await mkdir(join(this.folder, id), { recursive: true });
      await writeFile(
        join(this.folder, id, SESSION_FILE),
        JSON.stringify(checked.map(({ header }) => header)),
      );
    }
    return this.state(id);
  }

  /** How far an upload is; `UPLOAD_UNKNOWN` (404) for one that is not open. */
  async state(id: string): Promise<Result<UploadState>> {
    const headers = await this.headers(id);
    if (!headers.ok) return headers;
    const blocks = headers.value.map(async ({ hash, header }) => {
      const received = await sizeOf(this.part(id, header.payload_hash));
      return { hash, payload_hash: header.payload_hash, size: header.payload_size, received };
    });
    return ok({ upload_id: id, chunk_bytes: UPLOAD_LIMITS.chunkBytes, blocks: await Promise.all(blocks) });
  }

  /**
   * Appends a chunk at `offset`, which must be where the payload ends so far (`UPLOAD_OFFSET`, 409, says where that is).
   * A chunk whose connection breaks counts as far as it came. Refusals: `UPLOAD_BUSY`, `UPLOAD_TOO_LARGE`, `UPLOAD_UNKNOWN`.
   */
  async append(
    id: string,
    payloadHash: string,
    offset: number,
    chunk: AsyncIterable<Uint8Array>,
  ): Promise<Result<UploadState>> {
    const headers = await this.headers(id);
    if (!headers.ok) return headers;
    const size = headers.value.find(({ header }) => header.payload_hash === payloadHash)?.header.payload_size;
    if (size === undefined)
      return err(new CodedError('UPLOAD_UNKNOWN', 'this upload has no such payload', {}, 404));
    return this.exclusively(`${id}/${payloadHash}`, async () => {
      const path = this.part(id, payloadHash);
      const received = await sizeOf(path);
      if (offset !== received) {
        const message = `the next chunk starts at byte ${received}, not at ${offset}`;
        return err(new CodedError('UPLOAD_OFFSET', message, { received }, 409));
      }
      const written = await writeChunk(
        path,
        received,
        Math.min(size, received + UPLOAD_LIMITS.chunkBytes),
        chunk,
      );
      if (!written.ok) return written;
      await utimes(join(this.folder, id), new Date(), new Date());
      return this.state(id);
    });
  }

  /**
   * Puts a payload in its place whole, in place of what had arrived of it. Refusals: `UPLOAD_BUSY`, `UPLOAD_UNKNOWN`, and what `make` says.
   *
   * @param make the payload of a block; nothing changes where it refuses
   */
  async fill(
    id: string,
    payloadHash: string,
    make: (block: ExpertHeader) => Promise<Result<Uint8Array>>,
  ): Promise<Result<UploadState>> {
    const headers = await this.headers(id);
    if (!headers.ok) return headers;
    const block = headers.value.find(({ header }) => header.payload_hash === payloadHash);
    if (block === undefined)
      return err(new CodedError('UPLOAD_UNKNOWN', 'this upload has no such payload', {}, 404));
    return this.exclusively(`${id}/${payloadHash}`, async () => {
      const payload = await make(block);
      if (!payload.ok) return payload;
      const path = this.part(id, payloadHash);
      await writeFile(`${path}.whole`, payload.value);
      await rename(`${path}.whole`, path);
      await utimes(join(this.folder, id), new Date(), new Date());
      return this.state(id);
    });
  }

  /** Publishes the blocks of a complete upload, all or none, and forgets it. Refusals: `UPLOAD_INCOMPLETE`, `BLOCK_…`. */
  complete(id: string): Promise<Result<AcceptedBlock[]>> {
    return this.handOver(id, (inputs) => this.publisher.publish(inputs));
  }

  /** Gives the blocks of a complete upload to somebody, who may move their files, and forgets it once they were taken. */
  async handOver<T>(
    id: string,
    take: (inputs: readonly BlockInput[]) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const [headers, state] = [await this.headers(id), await this.state(id)];
    if (!headers.ok) return headers;
    if (!state.ok) return state;
    const lacking = state.value.blocks.find(({ size, received }) => received < size);
    if (lacking !== undefined) {
      const message = `${lacking.received} of ${lacking.size} bytes of payload ${lacking.payload_hash} are here`;
      return err(new CodedError('UPLOAD_INCOMPLETE', message, { payload_hash: lacking.payload_hash }, 409));
    }
    return this.exclusively(id, async () => {
      const inputs = headers.value.map(({ header }) => ({
        header,
        payload: { path: this.part(id, header.payload_hash) },
      }));
      const taken = await take(inputs);
      if (taken.ok) await this.discard(id);
      return taken;
    });
  }

  /** Forgets an upload; no error when it is gone. */
  async discard(id: string): Promise<void> {
    if (UPLOAD_ID.test(id)) await rm(join(this.folder, id), { recursive: true, force: true });
  }

  private async headers(id: string): Promise<Result<ExpertHeader[]>> {
    const unknown = () => err(new CodedError('UPLOAD_UNKNOWN', 'there is no such upload', {}, 404));
    if (!UPLOAD_ID.test(id)) return unknown();
    let values: Json[];
    try {
      values = JSON.parse(await readFile(join(this.folder, id, SESSION_FILE), 'utf8')) as Json[];
    } catch {
      return unknown();
    }
    const headers = values.map(checkExpertHeader);
    const refused = headers.find((header) => !header.ok);
    return refused === undefined
      ? ok(headers.flatMap((header) => (header.ok ? [header.value] : [])))
      : unknown();
  }

  private part(id: string, payloadHash: string): string {
    return join(this.folder, id, payloadHash);
  }

  private async exclusively<T>(key: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
    if (this.busy.has(key))
      return err(new CodedError('UPLOAD_BUSY', 'this part is being written by another request', {}, 409));
    this.busy.add(key);
    try {
      return await work();
    } finally {
      this.busy.delete(key);
    }
  }

  /** Forgets uploads nobody has touched for a day; `UPLOAD_TOO_MANY` (429) when the rest are still too many. */
  private async makeRoom(): Promise<Result<void>> {
    await mkdir(this.folder, { recursive: true });
    let open = 0;
    for (const id of await readdir(this.folder)) {
      const { mtimeMs } = await stat(join(this.folder, id));
      if (Date.now() - mtimeMs > UPLOAD_LIMITS.idleMs) await this.discard(id);
      else open++;
    }
    if (open < UPLOAD_LIMITS.sessions) return ok();
    return err(
      new CodedError('UPLOAD_TOO_MANY', `${open} uploads are open already; finish or delete one`, {}, 429),
    );
  }
}

/** Appends until `limit`; a chunk that goes beyond is refused and undone. */
async function writeChunk(
  path: string,
  start: number,
  limit: number,
  chunk: AsyncIterable<Uint8Array>,
): Promise<Result<void>> {
  const handle = await open(path, 'a');
  let end = start;
  try {
    for await (const piece of chunk) {
      end += piece.length;
      if (end > limit) {
        await handle.truncate(start);
        return err(
          new CodedError('UPLOAD_TOO_LARGE', `this chunk goes beyond byte ${limit}`, { limit }, 413),
        );
      }
      await handle.writeFile(piece);
    }
    return ok();
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return 0;
    throw thrown;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
