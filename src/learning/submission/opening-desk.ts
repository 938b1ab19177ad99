import { open, rename, rm, stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CodedError, err, ok, systemCodeOf, type Result } from '../../common/index.js';
import { OPENING_LIMITS } from '../audit/opening-codec.js';
import { SubmissionQueue } from '../judging/submission-queue.js';
import { SubmissionWorker } from '../judging/submission-worker.js';
import { SubmissionFiles } from './submission-files.js';
import { SubmissionStore } from './submission-store.js';

/** A part of an opening. */
export interface OpeningChunk {
  /** Where it begins, bytes. */
  readonly offset: number;
  /** Length of the whole opening, bytes. */
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** How far an opening is. Members are named as in JSON. */
export interface OpeningState {
  readonly submission_id: string;
  /** Largest chunk that is taken, bytes. */
  readonly chunk_bytes: number;
  /** Bytes that are here; the next chunk starts there. */
  readonly received: number;
  /** Whether all is here and the replay follows. */
  readonly complete: boolean;
}

/** Bytes of one chunk: 16 MiB. */
const CHUNK_BYTES = 2 ** 24;

/** The door for openings: what contributors show of a training, in chunks that outlive connections and restarts. */
@Injectable()
export class OpeningDesk {
  /** Submissions that a chunk is being written for. */
  private readonly busy = new Set<string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly store: SubmissionStore,
    private readonly files: SubmissionFiles,
    private readonly queue: SubmissionQueue,
    private readonly worker: SubmissionWorker,
  ) {}

  /**
   * Takes the next chunk; one at 0 begins anew. `SUBMISSION_NOT_FOUND` (404) for the submission of somebody else, too; `OPENING_NOT_ASKED` (409), `OPENING_LATE`
   * (409), `OPENING_BUSY` (409), `OPENING_OFFSET` (409, says where to go on), `OPENING_SIZE` (413).
   */
  async append(account: string, id: string, chunk: OpeningChunk): Promise<Result<OpeningState>> {
    const asked = await this.checkAsked(account, id);
    if (!asked.ok) return asked;
    if (chunk.size > OPENING_LIMITS.bytes) return err(tooLarge(OPENING_LIMITS.bytes));
    if (this.busy.has(id))
      return err(new CodedError('OPENING_BUSY', 'Another request works on this opening.', {}, 409));
    this.busy.add(id);
    try {
      return await this.write(id, chunk);
    } finally {
      this.busy.delete(id);
    }
  }

  private async checkAsked(account: string, id: string): Promise<Result<void>> {
    const row = await this.store.one(id);
    if (!row.ok) return row;
    const { state, opening } = row.value;
    if (row.value.account !== account)
      return err(new CodedError('SUBMISSION_NOT_FOUND', `You have no submission ${id}.`, {}, 404));
    if (state !== 'waiting_opening' || opening === null)
      return err(new CodedError('OPENING_NOT_ASKED', `${id} is ${state}: nothing is to be shown.`, {}, 409));
    // By the clock that has set the end: that of the database, whichever replica is asked.
    if ((await this.store.now()) > opening.until)
      return err(new CodedError('OPENING_LATE', 'The time to show it is over.', {}, 409));
    return ok();
  }

  private async write(id: string, { offset, size, bytes }: OpeningChunk): Promise<Result<OpeningState>> {
    const { whole, part } = this.files.openingPath(id);
    const state = { submission_id: id, chunk_bytes: CHUNK_BYTES };
    const done = await sizeOf(whole);
    if (done !== null) return ok({ ...state, received: done, complete: true });
    if (offset === 0) await rm(part, { force: true });
    const received = (await sizeOf(part)) ?? 0;
    if (offset !== received) {
      const message = `The next chunk starts at byte ${received}, not at ${offset}.`;
      return err(new CodedError('OPENING_OFFSET', message, { received }, 409));
    }
    const appended = await appendTo(part, received, Math.min(size, received + CHUNK_BYTES), bytes);
    if (!appended.ok) return appended;
    if (appended.value < size) return ok({ ...state, received: appended.value, complete: false });
    await rename(part, whole);
    await this.queue.ready();
    await this.queue.add(this.dataSource, id);
    this.worker.begin();
    return ok({ ...state, received: appended.value, complete: true });
  }
}

/** Appends pieces to a file of so many bytes; one that goes beyond `most` undoes all of them. @returns its length */
async function appendTo(
  path: string,
  received: number,
  most: number,
  pieces: AsyncIterable<Uint8Array>,
): Promise<Result<number>> {
  const handle = await open(path, 'a');
  try {
    let end = received;
    for await (const piece of pieces) {
      end += piece.length;
      if (end > most) {
        await handle.truncate(received);
        return err(tooLarge(most));
      }
      await handle.writeFile(piece);
    }
    await handle.datasync();
    return ok(end);
  } finally {
    await handle.close();
  }
}

function tooLarge(limit: number): CodedError {
  return new CodedError('OPENING_SIZE', `This goes beyond byte ${limit}.`, { limit }, 413);
}

/** Null where there is no such file. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}
