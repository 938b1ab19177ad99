import { MemoryEpochSource } from '../../../test/factories/epoch-source.js';
import { sha256Bytes } from '../../common/index.js';
import { HttpEpochSource } from './http-source.js';

/** A server that has the bundles of a log, and says 429 the first time it is asked for anything. */
function aServer(source: MemoryEpochSource) {
  const asked: string[] = [];
  const ask = async (path: string): Promise<Response> => {
    asked.push(path);
    if (asked.length === 1) return new Response('', { status: 429, headers: { 'retry-after': '0' } });
    const match = /^\/log\/tile\/entries\/(\d{3})(?:\.p\/(\d+))?$/.exec(path);
    if (match !== null) {
      const bytes = await source.bundles(Number(match[1]), Number(match[2] ?? 256));
      return bytes === null ? new Response('', { status: 404 }) : new Response(Buffer.from(bytes));
    }
    if (path.startsWith('/chain/A/blocks/')) return Response.json({ header: { version: 1 } });
    if (path === '/broken') return new Response('no JSON');
    return new Response('', { status: path === '/down' ? 500 : 404 });
  };
  return { asked, ask };
}

function aSource() {
  const source = new MemoryEpochSource();
  for (let i = 0; i < 300; i++) source.append({ subject: `leaf ${i}` }, i);
  const server = aServer(source);
  return { source, server, sut: new HttpEpochSource(server.ask, sha256Bytes) };
}

describe('facts of epochs from a server', () => {
  it('have the bytes of the log, after a wait where the server asks for one', async () => {
    const { source, server, sut } = aSource();
    expect(Buffer.from((await sut.bundles(0, 256))!)).toEqual(Buffer.from((await source.bundles(0, 256))!));
    expect(Buffer.from((await sut.bundles(1, 44))!)).toEqual(Buffer.from((await source.bundles(1, 44))!));
    expect(await sut.bundles(2, 1)).toBeNull();
    expect(server.asked).toEqual([
      '/log/tile/entries/000',
      '/log/tile/entries/000',
      '/log/tile/entries/001.p/44',
      '/log/tile/entries/002.p/1',
    ]);
  });

  it('leave out what the server does not have, and refuse what is not what its name says', async () => {
    const { sut } = aSource();
    expect(await sut.receipts([`rcpt_${'1'.repeat(32)}`])).toEqual(new Map());
    expect(await sut.header('B', 'f'.repeat(64))).toMatchObject({ error: { code: 'BLOCK_UNKNOWN' } });
    expect(await sut.header('A', 'f'.repeat(64))).toMatchObject({ error: { code: 'BLOCK_SHAPE' } });
    expect(await sut.block('D', 'f'.repeat(64))).toMatchObject({ error: { code: 'BLOCK_UNKNOWN' } });
    await expect(sut.json('/broken')).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
    await expect(sut.json('/down')).rejects.toMatchObject({ code: 'SERVER_ANSWER' });
  });
});
