import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { CodedError, err, ok, systemClock } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import type { SubmissionQueue } from '../judging/submission-queue.js';
import type { SubmissionWorker } from '../judging/submission-worker.js';
import { OpeningDesk } from './opening-desk.js';
import { SubmissionFiles } from './submission-files.js';
import type { AskedOpening } from './submission-row.js';
import type { SubmissionStore } from './submission-store.js';

const ID = `submission_${'a'.repeat(32)}`;

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
}

describe('the door for openings', () => {
  let folder: string;
  let row: { account: string; state: string; opening: AskedOpening | null };
  let queued: string[];
  /** How far the database's clock is ahead of this machine's, ms. */
  let ahead: number;
  let sut: OpeningDesk;
  let files: SubmissionFiles;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stemma-openings-'));
    await mkdir(join(folder, 'submissions', ID), { recursive: true });
    const until = systemClock.now() + 60_000;
    row = { account: 'me', state: 'waiting_opening', opening: { updates: [1], of: 9, share: 0.1, until } };
    [queued, ahead] = [[], 0];
    const store = {
      now: () => Promise.resolve(systemClock.now() + ahead),
      one: (id: string) =>
        Promise.resolve(id === ID ? ok(row) : err(new CodedError('SUBMISSION_NOT_FOUND', '', {}, 404))),
    };
    const queue = {
      ready: () => Promise.resolve(),
      add: (_: unknown, id: string) => Promise.resolve(void queued.push(id)),
    };
    files = new SubmissionFiles({ dataDir: folder } as AppConfig);
    sut = new OpeningDesk(
      {} as DataSource,
      store as unknown as SubmissionStore,
      files,
      queue as unknown as SubmissionQueue,
      { begin: () => undefined } as unknown as SubmissionWorker,
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  const send = (offset: number, size: number, ...texts: string[]) =>
    sut.append('me', ID, { offset, size, bytes: pieces(...texts) });

  it('puts chunks together, and has the whole judged', async () => {
    expect(await send(0, 6, 'a', 'bc')).toMatchObject({ value: { received: 3, complete: false } });
    expect(queued).toEqual([]);
    expect(await send(3, 6, 'def')).toMatchObject({ value: { received: 6, complete: true } });
    expect(await readFile(files.openingPath(ID).whole, 'utf8')).toBe('abcdef');
    expect(queued).toEqual([ID]);
    expect(await send(0, 6, 'xyz')).toMatchObject({ value: { received: 6, complete: true } });
    expect(await readFile(files.openingPath(ID).whole, 'utf8')).toBe('abcdef');
  });

  it('says where to go on, and begins anew at 0', async () => {
    await send(0, 6, 'abc');
    expect(await send(4, 6, 'ef')).toMatchObject({
      error: { code: 'OPENING_OFFSET', status: 409, facts: { received: 3 } },
    });
    expect(await send(0, 4, 'xyzw')).toMatchObject({ value: { complete: true } });
    expect(await readFile(files.openingPath(ID).whole, 'utf8')).toBe('xyzw');
  });

  it('takes no more than was announced, and undoes what goes beyond it', async () => {
    await send(0, 6, 'abc');
    expect(await send(3, 6, 'd', 'efgh')).toMatchObject({ error: { code: 'OPENING_SIZE', status: 413 } });
    expect(await send(3, 6, 'def')).toMatchObject({ value: { complete: true } });
    expect(await readFile(files.openingPath(ID).whole, 'utf8')).toBe('abcdef');
    expect(await send(0, 2 ** 40, 'a')).toMatchObject({ error: { code: 'OPENING_SIZE' } });
  });

  it('takes what was asked for, in time and from whom it was asked', async () => {
    const code = async (account = 'me', id = ID) => {
      const found = await sut.append(account, id, { offset: 0, size: 4, bytes: pieces('a') });
      return found.ok ? null : found.error.code;
    };
    expect(await code('somebody else')).toBe('SUBMISSION_NOT_FOUND');
    expect(await code('me', `submission_${'b'.repeat(32)}`)).toBe('SUBMISSION_NOT_FOUND');
    row.state = 'evaluating';
    expect(await code()).toBe('OPENING_NOT_ASKED');
    row.state = 'waiting_opening';
    row.opening = { updates: [1], of: 9, share: 0.1, until: systemClock.now() - 1 };
    expect(await code()).toBe('OPENING_LATE');
    // The own clock may be wrong.
    ahead = -7_200_000;
    expect(await code()).toBeNull();
  });

  it('lets one request at a time write', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    async function* slow(): AsyncGenerator<Uint8Array> {
      await held;
      yield new Uint8Array(1);
    }
    const first = sut.append('me', ID, { offset: 0, size: 9, bytes: slow() });
    expect(await send(0, 9, 'a')).toMatchObject({ error: { code: 'OPENING_BUSY' } });
    release();
    expect((await first).ok).toBe(true);
  });
});
