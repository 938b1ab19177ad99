import { setImmediate as settled } from 'node:timers/promises';
import { Turnstile } from './turnstile.js';

/** Work that goes on until it is released. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return { promise, resolve, reject };
}

describe('turnstile', () => {
  it('lets so many in, has so many wait, and refuses the others', async () => {
    const turnstile = new Turnstile(2, 1, () => new Error('full'));
    const jobs = [work(), work(), work()];
    let inside = 0;
    const passes = jobs.map((job) =>
      turnstile.pass(() => {
        inside++;
        return job.promise;
      }),
    );
    await settled();
    expect(inside).toBe(2);
    await expect(turnstile.pass(async () => 'x')).rejects.toThrow('full');
    jobs[0].resolve('done');
    await settled();
    expect(inside).toBe(3);
    jobs[1].resolve('done');
    jobs[2].resolve('done');
    expect(await Promise.all(passes)).toEqual(['done', 'done', 'done']);
    expect(await turnstile.pass(async () => 'again')).toBe('again');
  });

  it('gives a place back also when the work fails', async () => {
    const turnstile = new Turnstile(1, 0, () => new Error('full'));
    for (let i = 0; i < 3; i++)
      await expect(turnstile.pass(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  });
});
