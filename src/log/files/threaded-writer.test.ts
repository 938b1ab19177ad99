import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ThreadedWriter } from './threaded-writer.js';
import type { Round } from './write-round.js';

/** A thread that does what the first removed path says, and tells by its data that it got it. */
const THREAD = `import { parentPort, workerData, threadId } from 'node:worker_threads';
parentPort.on('message', ({ id, round }) => {
  const order = round.removed[0];
  if (order === 'die') throw new Error('out of ' + workerData);
  if (order === 'stay silent') return;
  const failure = order === 'fail' ? { message: 'thread ' + threadId, code: 'ENOSPC' } : null;
  parentPort.postMessage({ id, failure });
});`;

let folder: string;
let sut: ThreadedWriter;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stemma-thread-'));
  writeFileSync(join(folder, 'thread.mjs'), THREAD);
  sut = new ThreadedWriter('the folder', pathToFileURL(join(folder, 'thread.mjs')));
});
afterEach(async () => {
  await sut.close();
  rmSync(folder, { recursive: true, force: true });
});

const round = (order: string): Round => ({ files: [], seal: null, removed: [order] });
const messageOf = (written: Promise<void>) => written.catch((thrown: Error) => thrown.message);

describe('the thread that writes rounds', () => {
  it('answers each round for itself, with the code of what went wrong', async () => {
    const outcomes = await Promise.allSettled(
      ['write', 'fail', 'write'].map((each) => sut.write(round(each))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(sut.write(round('fail'))).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  it('stays the same one, and is another one after it has died, which refuses all that was under way', async () => {
    const first = await messageOf(sut.write(round('fail')));
    expect(await messageOf(sut.write(round('fail')))).toBe(first);
    const dying = ['stay silent', 'die'].map((each) => messageOf(sut.write(round(each))));
    for (const message of await Promise.all(dying)) expect(message).toContain('out of the folder');
    await expect(sut.write(round('write'))).resolves.toBeUndefined();
    expect(await messageOf(sut.write(round('fail')))).not.toBe(first);
  });

  it('that is ended refuses what was under way', async () => {
    const written = messageOf(sut.write(round('stay silent')));
    await sut.close();
    expect(await written).toBe('the thread that writes the log has ended');
  });
});
