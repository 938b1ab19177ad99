import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { BlockPublisher, BlockUploads, type AcceptedBlock, type BlockInput } from '../../chain/index.js';
import { CodedError, err, ok, systemCodeOf, type Json, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { AppConfig } from '../../config/index.js';
import { checkExpertHeader, type ExpertHeader } from './expert-header.js';
import { UPLOAD_LIMITS } from './upload-limits.js';
import { writeChunk } from './write-chunk.js';

/** How far an upload is. */
export interface UploadState {
  readonly upload_id: string;
  /** Whose it is; null where it was opened before that was recorded. */
  readonly account: string | null;
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

/** What was announced, and by whom. */
interface Session {
  readonly account: string | null;
  readonly headers: readonly ExpertHeader[];
}

const UPLOAD_ID = /^[0-9a-f]{32}$/;
const SESSION_FILE = 'session.json';

/**
 * Uploads in chunks that outlive connections and restarts: a folder per upload with its headers and, per payload, the
 * bytes that have arrived. Nothing here is trusted; the publishing pipeline judges the finished blocks. An upload belongs to the account
 * that opened it: to any other one it is not there.
 */
@Injectable()
export class UploadStore {
  private readonly folder: string;
  /** Payloads a chunk is being written to, and uploads that are being published. */
  private readonly busy = new Set<string>();

  constructor(
    config: AppConfig,
    private readonly publisher: BlockPublisher,
    private readonly uploads: BlockUploads,
  ) {
    this.folder = join(config.dataDir, 'uploads');
  }

  /** Opens an upload of an account, or finds its one of the same blocks again. */
  async begin(account: string, headers: readonly unknown[]): Promise<Result<UploadState>> {
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
    const id = nativeSha256Hex(JSON.stringify([account, ...hashes])).slice(0, 32);
    if (!(await exists(join(this.folder, id)))) {
      const room = await this.makeRoom();
      if (!room.ok) return room;
      await mkdir(join(this.folder, id), { recursive: true });
      await writeFile(
        join(this.folder, id, SESSION_FILE),
        JSON.stringify({ account, headers: checked.map(({ header }) => header) }),
      );
    }
    return this.state(account, id);
  }

  /** How far an upload is; `UPLOAD_UNKNOWN` (404) for one that is not open, or not this account's. */
  async state(account: string, id: string): Promise<Result<UploadState>> {
    const session = await this.session(account, id);
    if (!session.ok) return session;
    const blocks = session.value.headers.map(async ({ hash, header }) => {
      const received = await sizeOf(this.part(id, header.payload_hash));
      return { hash, payload_hash: header.payload_hash, size: header.payload_size, received };
    });
    return ok({
      ...{ upload_id: id, account: session.value.account, chunk_bytes: UPLOAD_LIMITS.chunkBytes },
      blocks: await Promise.all(blocks),
    });
  }

  /**
   * Appends a chunk at `offset`, which must be where the payload ends so far (`UPLOAD_OFFSET`, 409, says where that is).
   * A chunk whose connection breaks counts as far as it came. Refusals: `UPLOAD_BUSY`, `UPLOAD_TOO_LARGE`, `UPLOAD_UNKNOWN`.
   */
  async append(
    account: string,
    id: string,
    payloadHash: string,
    offset: number,
    chunk: AsyncIterable<Uint8Array>,
  ): Promise<Result<UploadState>> {
    const block = await this.block(account, id, payloadHash);
    if (!block.ok) return block;
    const { payload_size: size } = block.value.header;
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
      return this.state(account, id);
    });
  }

  /**
   * Puts a payload in its place whole, in place of what had arrived of it. Refusals: `UPLOAD_BUSY`, `UPLOAD_UNKNOWN`, and what `make` says.
   *
   * @param make the payload of a block; nothing changes where it refuses
   */
  async fill(
    account: string,
    id: string,
    payloadHash: string,
    make: (block: ExpertHeader) => Promise<Result<Uint8Array>>,
  ): Promise<Result<UploadState>> {
    const block = await this.block(account, id, payloadHash);
    if (!block.ok) return block;
    return this.exclusively(`${id}/${payloadHash}`, async () => {
      const payload = await make(block.value);
      if (!payload.ok) return payload;
      const path = this.part(id, payloadHash);
      await writeFile(`${path}.whole`, payload.value);
      await rename(`${path}.whole`, path);
      await utimes(join(this.folder, id), new Date(), new Date());
      return this.state(account, id);
    });
  }

  /**
   * Publishes the blocks of a complete upload, all or none, records whose they are, and forgets it. Refusals: `UPLOAD_INCOMPLETE`,
   * `BLOCK_…`.
   */
  complete(account: string, id: string): Promise<Result<AcceptedBlock[]>> {
    return this.handOver(account, id, (inputs) => this.publisher.publish(inputs, this.uploads.by(account)));
  }

  /** Gives the blocks of a complete upload to somebody, who may move their files, and forgets it once they were taken. */
  async handOver<T>(
    account: string,
    id: string,
    take: (inputs: readonly BlockInput[]) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const [session, state] = [await this.session(account, id), await this.state(account, id)];
    if (!session.ok) return session;
    if (!state.ok) return state;
    const lacking = state.value.blocks.find(({ size, received }) => received < size);
    if (lacking !== undefined) {
      const message = `${lacking.received} of ${lacking.size} bytes of payload ${lacking.payload_hash} are here`;
      return err(new CodedError('UPLOAD_INCOMPLETE', message, { payload_hash: lacking.payload_hash }, 409));
    }
    return this.exclusively(id, async () => {
      const inputs = session.value.headers.map(({ header }) => ({
        header,
        payload: { path: this.part(id, header.payload_hash) },
      }));
      const taken = await take(inputs);
      if (taken.ok) await this.forget(id);
      return taken;
    });
  }

  /** Forgets an upload; no error when it is gone, or another account's, which stays. */
  async discard(account: string, id: string): Promise<void> {
    if ((await this.session(account, id)).ok) await this.forget(id);
  }

  private forget(id: string): Promise<void> {
    return rm(join(this.folder, id), { recursive: true, force: true });
  }

  private async block(account: string, id: string, payloadHash: string): Promise<Result<ExpertHeader>> {
    const session = await this.session(account, id);
    if (!session.ok) return session;
    const block = session.value.headers.find(({ header }) => header.payload_hash === payloadHash);
    return block === undefined ? unknown('this upload has no such payload') : ok(block);
  }

  private async session(account: string, id: string): Promise<Result<Session>> {
    const none = unknown('there is no such upload');
    if (!UPLOAD_ID.test(id)) return none;
    let stored: { account: string | null; headers: Json[] };
    try {
      stored = sessionOf(JSON.parse(await readFile(join(this.folder, id, SESSION_FILE), 'utf8')) as Json);
    } catch {
      return none;
    }
    if (stored.account !== null && stored.account !== account) return none;
    const headers = stored.headers.map(checkExpertHeader);
    if (headers.some((header) => !header.ok)) return none;
    return ok({
      account: stored.account,
      headers: headers.flatMap((header) => (header.ok ? [header.value] : [])),
    });
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
      if (Date.now() - mtimeMs > UPLOAD_LIMITS.idleMs) await this.forget(id);
      else open++;
    }
    if (open < UPLOAD_LIMITS.sessions) return ok();
    return err(
      new CodedError('UPLOAD_TOO_MANY', `${open} uploads are open already; finish or delete one`, {}, 429),
    );
  }
}

/** What a session's file says; of those that were opened before accounts were recorded it is the headers alone. */
function sessionOf(stored: Json): { account: string | null; headers: Json[] } {
  if (Array.isArray(stored)) return { account: null, headers: stored };
  return stored as unknown as { account: string; headers: Json[] };
}

function unknown(what: string): Result<never> {
  return err(new CodedError('UPLOAD_UNKNOWN', what, {}, 404));
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
