import { applyDelta, digestPayload, readDelta, type BlockHeader } from '../../chain/index.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { encodeTensorBlock } from '../../experts/tensorblock/index.js';
import type { CommandContext } from '../command-context.js';
import type { ServerClient } from '../server-client.js';
import { uploadBlocks } from './upload-blocks.js';

const NAME = 'layer0.expert0';
const SPEC = { dtype: 'int8', layout: 'tile16', rows: 64, columns: 64 } as const;
const PARENT = { block: 'ab'.repeat(32), payload: payloadOf(0) };
const payload = payloadOf(1e-4);

function payloadOf(shift: number): Uint8Array {
  const values = Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i * 1.7) + shift);
  return encodeTensorBlock(SPEC, values);
}

function headerOf(bytes: Uint8Array): BlockHeader {
  const { hash, size } = digestPayload(bytes);
  const tensors = [{ name: 'gate', offset: 0, length: size, rows: 64, columns: 64, dtype: 'int8' }];
  return {
    name: NAME,
    payload_hash: hash,
    payload_size: size,
    metadata: { tensors },
  } as unknown as BlockHeader;
}

/** A server that keeps what it is sent. @param takesDeltas whether it knows what a delta is, or before or after which the connection breaks */
function server(takesDeltas: boolean | 'gone before' | 'gone after') {
  const header = headerOf(payload);
  const got = { deltas: [] as Uint8Array[], bytes: 0 };
  const view = () => ({
    ...{ upload_id: 'u', chunk_bytes: 1000 },
    blocks: [{ payload_hash: header.payload_hash, size: header.payload_size, received: got.bytes }],
  });
  const client = {
    json: () => Promise.resolve(view()),
    fetch: (path: string, { body }: { body: Uint8Array }) => {
      if (path.endsWith('/delta')) {
        if (takesDeltas === 'gone before') return Promise.reject(new Error('the server went away'));
        if (!takesDeltas) return Promise.resolve(new Response('{}', { status: 404 }));
        got.deltas.push(body);
        got.bytes = header.payload_size;
        if (takesDeltas === 'gone after') return Promise.reject(new Error('the server went away'));
      } else got.bytes += body.length;
      return Promise.resolve(Response.json(view()));
    },
  } as unknown as ServerClient;
  return { header, got, client };
}

const context = {
  json: true,
  progress: () => ({ update: () => undefined, stop: () => undefined }),
} as unknown as CommandContext;
const payloads = new Map([[NAME, payload]]);

describe('sending trained blocks', () => {
  it('sends the difference from what was trained, which gives the exact payload', async () => {
    const { header, got, client } = server(true);
    const parents = new Map([[NAME, PARENT]]);
    expect(await uploadBlocks(context, client, { headers: [header], parents }, payloads)).toBe('u');
    expect(got.deltas).toHaveLength(1);
    expect(got.deltas[0].length).toBeLessThan(payload.length);
    const made = unwrap(await applyDelta(unwrap(readDelta(got.deltas[0])), PARENT.payload));
    expect(nativeSha256Hex(made)).toBe(header.payload_hash);
  });

  it('goes on where the connection breaks while it sends a difference, with what the server has', async () => {
    const parents = new Map([[NAME, PARENT]]);
    for (const [gone, deltas] of [
      ['gone before', 0],
      ['gone after', 1],
    ] as const) {
      const { header, got, client } = server(gone);
      await uploadBlocks(context, client, { headers: [header], parents }, payloads);
      expect([got.deltas.length, got.bytes]).toEqual([deltas, payload.length]);
    }
  });

  it('shows how far it is after a difference, too', async () => {
    const { header, client } = server(true);
    const shown: number[] = [];
    const progress = () => ({ update: (done: number) => shown.push(done), stop: () => undefined });
    const watched = { json: true, progress } as unknown as CommandContext;
    const parents = new Map([[NAME, PARENT]]);
    await uploadBlocks(watched, client, { headers: [header], parents }, payloads);
    expect(shown).toEqual([payload.length]);
  });

  it('sends the payload to a server that does not take deltas, and where there is nothing to differ from', async () => {
    const other = { ...PARENT, payload: PARENT.payload.subarray(64) };
    for (const [takes, parents] of [
      [false, new Map([[NAME, PARENT]])],
      [true, new Map<string, typeof PARENT>()],
      [true, new Map([[NAME, other]])],
    ] as const) {
      const { header, got, client } = server(takes);
      await uploadBlocks(context, client, { headers: [header], parents }, payloads);
      expect([got.deltas.length, got.bytes]).toEqual([0, payload.length]);
    }
  });
});
