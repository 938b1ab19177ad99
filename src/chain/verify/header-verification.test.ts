import { Worker } from 'node:worker_threads';
import { HeaderVerification } from './header-verification.js';
import type { StoredHeader } from './verify-headers.js';

/** A worker that runs this body with its `port` to the host. */
const worker = (body: string) =>
  new Worker(`const { parentPort: port } = require('node:worker_threads'); ${body}`, { eval: true });
const echoing = `port.on('message', ({ items }) => port.postMessage(items.map(({ hash }) => hash)));`;
const headers = (...hashes: string[]): StoredHeader[] =>
  hashes.map((hash) => ({ hash, bytes: new Uint8Array(8) }));
const ended = (why: string) => ({
  code: 'HEADER_VERIFIER_ENDED',
  message: `a thread that verifies headers has ended before its work was done (${why})`,
});

// Who waits for a dead worker waits for ever: a limit far above what these need turns that into a failure.
describe('header verification on threads', () => {
  let verification: HeaderVerification;
  const on = (...bodies: string[]) => (verification = HeaderVerification.on(bodies.map(worker)));
  afterEach(() => verification.close());

  it('gives every batch its own verdicts, also when there are more batches than workers', async () => {
    on(echoing, echoing);
    const batches = Array.from({ length: 7 }, (_, i) => [`${i}a`, `${i}b`]);
    const verdicts = batches.map((hashes) => verification.verify(headers(...hashes)));
    expect(await Promise.all(verdicts)).toEqual(batches);
  });

  it('fails the batch of a worker that exits, those that wait for it, and all later ones', async () => {
    on(`port.once('message', () => process.exit(3));`);
    const running = [verification.verify(headers('a')), verification.verify(headers('b'))];
    const outcomes = await Promise.allSettled(running);
    const failed = { status: 'rejected', reason: ended('exit code 3') };
    expect(outcomes).toMatchObject([failed, failed]);
    await expect(verification.verify(headers('c'))).rejects.toMatchObject(ended('exit code 3'));
  });

  it('fails the batches of healthy workers too: the whole is not verified without the rest', async () => {
    on(`port.once('message', () => process.exit(4));`, `port.on('message', () => {});`);
    const running = [verification.verify(headers('a')), verification.verify(headers('b'))];
    const failed = { status: 'rejected', reason: ended('exit code 4') };
    expect(await Promise.allSettled(running)).toMatchObject([failed, failed]);
  });

  it('says what a worker threw', async () => {
    on(`port.once('message', () => { throw new Error('out of luck'); });`);
    await expect(verification.verify(headers('a'))).rejects.toMatchObject({
      code: 'HEADER_VERIFIER_ENDED',
      message: expect.stringContaining('out of luck') as string,
    });
  });

  it('fails a batch given to a worker that ends before it reads it', async () => {
    on(`process.exit(5);`);
    await expect(verification.verify(headers('a'))).rejects.toMatchObject(ended('exit code 5'));
  });

  it('fails what is under way when it is closed', async () => {
    on(`port.on('message', () => {});`);
    const running = verification.verify(headers('a'));
    await Promise.all([
      verification.close(),
      expect(running).rejects.toMatchObject({ code: 'HEADER_VERIFIER_ENDED' }),
    ]);
  });
});
