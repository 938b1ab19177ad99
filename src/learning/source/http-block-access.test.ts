import { HttpBlockAccess } from './http-block-access.js';

const HASH = 'ab'.repeat(32);

/** A body that never ends; `given` counts what was asked of it, bytes. */
function endless(given: { bytes: number }): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      given.bytes += 1 << 20;
      controller.enqueue(new Uint8Array(1 << 20));
    },
  });
}

describe('blocks of a server that may lie', () => {
  it('gives an endless answer up', async () => {
    const given = { bytes: 0 };
    const sut = new HttpBlockAccess(() => Promise.resolve(new Response(endless(given))));
    expect(await sut.read('A', HASH)).toMatchObject({ ok: false, error: { code: 'SERVER_ANSWER' } });
    expect(given.bytes).toBeLessThan(16 << 20);
  });

  it('refuses what is no block, no release and no JSON', async () => {
    const answering = (text: string, status = 200) =>
      new HttpBlockAccess(() => Promise.resolve(new Response(text, { status })));
    expect((await answering('{"header":{"version":1}}').read('A', HASH)).ok).toBe(false);
    expect(await answering('nothing').read('A', HASH)).toMatchObject({ error: { code: 'SERVER_ANSWER' } });
    expect(await answering('{}').resolve('genesis')).toMatchObject({ error: { code: 'RELEASE_NOT_FOUND' } });
    expect(await answering('no', 404).resolve('x')).toMatchObject({ error: { code: 'RELEASE_NOT_FOUND' } });
  });
});
