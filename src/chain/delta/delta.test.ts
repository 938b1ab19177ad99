import fc from 'fast-check';
import { canonicalJson, unwrap, type Json } from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { applyDelta, makeDelta, readDelta, TILE_BYTES, type DeltaSection } from './index.js';
import { encodeDeltaBlock, type DeltaHeader } from './delta-header.js';
import { takeApart } from './residual.js';
import { squeeze } from './squeeze.js';

const PARENT = 'ab'.repeat(32);

/** Payload of plain bytes, tiles and plain bytes. */
function sectionsOf(tiles: number): DeltaSection[] {
  return [
    { kind: 'bytes', length: 100 },
    { kind: 'int8_tiles', length: tiles * TILE_BYTES },
    { kind: 'bytes', length: 3 },
  ];
}

/** Tiles as training leaves them: scales a little different, integers seldom and little. */
function trained(parent: Uint8Array): Uint8Array {
  const payload = parent.slice();
  const view = new DataView(payload.buffer);
  for (let at = 100; at + TILE_BYTES <= payload.length; at += TILE_BYTES) {
    for (let i = 0; i < 16; i++)
      view.setFloat32(at + 4 * i, view.getFloat32(at + 4 * i, true) * (1 + i / 20_000), true);
    payload[at + 64 + (at % 512)]++;
  }
  return payload;
}

function payloadOf(tiles: number): Uint8Array {
  const payload = new Uint8Array(103 + tiles * TILE_BYTES);
  const view = new DataView(payload.buffer);
  for (let at = 100; at + TILE_BYTES <= payload.length; at += TILE_BYTES) {
    for (let i = 0; i < 16; i++) view.setFloat32(at + 4 * i, 0.01 + i / 1000, true);
    for (let i = 64; i < TILE_BYTES; i++) payload[at + i] = (i * 7 + at) % 200;
  }
  return payload;
}

const parent = payloadOf(40);
const payload = trained(parent);
const make = (parentPayload = parent, child = payload) =>
  makeDelta({ parent: PARENT, parentPayload, payload: child, sections: sectionsOf(40) });
const restored = async (bytes: Uint8Array, from = parent) => {
  const delta = readDelta(bytes);
  return delta.ok ? applyDelta(delta.value, from) : delta;
};

/** A delta whose checksum is right whatever its header and body say. */
async function forged(changes: Partial<Record<keyof DeltaHeader, Json>>, body?: Uint8Array) {
  const delta = unwrap(readDelta(unwrap(await make())));
  const header = { ...delta.header, ...changes } as DeltaHeader;
  return encodeDeltaBlock({ header, body: body ?? delta.body }, nativeSha256);
}

describe('a delta block', () => {
  it('gives the exact payload again, in far fewer bytes', async () => {
    const bytes = unwrap(await make());
    expect(nativeSha256Hex(unwrap(await restored(bytes)))).toBe(nativeSha256Hex(payload));
    expect(bytes.length).toBeLessThan(payload.length / 4);
    expect(unwrap(readDelta(bytes)).header).toMatchObject({
      parent: PARENT,
      parent_payload_hash: nativeSha256Hex(parent),
      payload_hash: nativeSha256Hex(payload),
    });
  });

  it('does so for any two payloads, however little they have in common', async () => {
    const bytes = (tiles: number) =>
      fc.uint8Array({ minLength: 103 + tiles * TILE_BYTES, maxLength: 103 + tiles * TILE_BYTES });
    const pairs = fc
      .integer({ min: 1, max: 4 })
      .chain((tiles) => fc.tuple(fc.constant(tiles), bytes(tiles), bytes(tiles)));
    await fc.assert(
      fc.asyncProperty(pairs, async ([tiles, from, to]) => {
        fc.pre(Buffer.compare(from, to) !== 0);
        const source = { parent: PARENT, parentPayload: from, payload: to, sections: sectionsOf(tiles) };
        const delta = unwrap(readDelta(unwrap(await makeDelta(source))));
        expect(Buffer.compare(unwrap(await applyDelta(delta, from)), to)).toBe(0);
      }),
      { numRuns: 60, verbose: 1 },
    );
  });

  it('writes scales in planes, and integers less those the old ones are at the new scale', () => {
    const tile = (scale: number, integer: number) => {
      const bytes = new Uint8Array(TILE_BYTES).fill(integer, 64);
      for (let i = 0; i < 16; i++) new DataView(bytes.buffer).setFloat32(4 * i, scale, true);
      return bytes;
    };
    const [before, after] = [tile(0.5, 10), tile(1, 7)];
    new DataView(after.buffer).setFloat32(4 * 5, 0.5, true);
    before[64] = 256 - 5;
    const residual = new Uint8Array(TILE_BYTES);
    takeApart({ kind: 'int8_tiles', start: 0, end: TILE_BYTES }, before, after, residual);
    // 0x3f800000 - 0x3f000000, doubled by the zigzag; row 5 keeps its scale.
    const expected = new Uint8Array(TILE_BYTES).fill(1, 0, 16).fill(7 - 5, 64);
    expected[5] = 0;
    for (let i = 64; i < TILE_BYTES; i++) if (((i - 64) & 63) >> 2 === 5) expected[i] = 256 + 7 - 10;
    expected[64] = 7 + 2;
    expect(Buffer.from(residual).toString('hex')).toBe(Buffer.from(expected).toString('hex'));
  });

  it('crosses the borders of the pieces it is computed in', async () => {
    const tiles = 2 * 2048 + 5;
    const from = payloadOf(tiles);
    const to = trained(from);
    const source = { parent: PARENT, parentPayload: from, payload: to, sections: sectionsOf(tiles) };
    expect(Buffer.compare(unwrap(await restored(unwrap(await makeDelta(source)), from)), to)).toBe(0);
  });

  it('is refused where a single byte is lost, added or altered', async () => {
    const bytes = unwrap(await make());
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = bytes.slice();
        altered[at] ^= change;
        for (const wrong of [altered, bytes.subarray(0, at)]) {
          const result = await restored(wrong);
          expect(result.ok ? 'taken' : result.error.code).toMatch(/^DELTA_BLOCK_(FORMAT|LIMIT)$/);
        }
      }),
      { numRuns: 80 },
    );
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(await restored(longer)).toMatchObject({ error: { code: 'DELTA_BLOCK_FORMAT' } });
  });

  it('is refused on another parent, and between payloads of two sizes', async () => {
    const bytes = unwrap(await make());
    expect(await restored(bytes, payload)).toMatchObject({ error: { code: 'DELTA_BLOCK_PARENT' } });
    for (const from of [parent.subarray(1), payload])
      expect(await make(from)).toMatchObject({ error: { code: 'DELTA_BLOCK_PARENT' } });
  });

  it('never expands to more than the payload it names, and to no less', async () => {
    const bomb = await squeeze(new Uint8Array(64 << 20));
    expect(bomb.length).toBeLessThan(4096);
    const short = await squeeze(new Uint8Array(10));
    const trailing = new Uint8Array([...unwrap(readDelta(unwrap(await make()))).body, 0, 0]);
    for (const body of [bomb, short, trailing, new Uint8Array(0)])
      expect(await restored(await forged({}, body))).toMatchObject({ error: { code: 'DELTA_BLOCK_FORMAT' } });
  });

  it('is refused where it names another payload than comes out', async () => {
    const bytes = await forged({ payload_hash: 'cd'.repeat(32) });
    expect(await restored(bytes)).toMatchObject({ error: { code: 'DELTA_BLOCK_HASH' } });
  });

  it.each<[string, Partial<Record<keyof DeltaHeader | 'extra', Json>>, string]>([
    ['another version', { version: 2 }, 'DELTA_BLOCK_FORMAT'],
    ['a member nobody knows', { extra: 1 }, 'DELTA_BLOCK_FORMAT'],
    ['no hash', { parent: 'x' }, 'DELTA_BLOCK_FORMAT'],
    ['itself as its parent', { payload_hash: nativeSha256Hex(parent) }, 'DELTA_BLOCK_FORMAT'],
    ['a payload that is too large', { payload_size: 2 ** 26 + 1 }, 'DELTA_BLOCK_LIMIT'],
    ['no payload', { payload_size: 0, sections: [] }, 'DELTA_BLOCK_FORMAT'],
    ['sections that end early', { sections: [{ kind: 'bytes', length: 5 }] }, 'DELTA_BLOCK_FORMAT'],
    ['half a tile', { sections: [{ kind: 'int8_tiles', length: 5 }] }, 'DELTA_BLOCK_FORMAT'],
    ['a kind nobody knows', { sections: [{ kind: 'int4', length: 5 }] }, 'DELTA_BLOCK_FORMAT'],
    [
      'too many sections',
      { sections: Array<Json>(300).fill({ kind: 'bytes', length: 1 }) },
      'DELTA_BLOCK_FORMAT',
    ],
    [
      'a header that is too long',
      { sections: Array<Json>(900).fill({ kind: 'bytes', length: 1 }) },
      'DELTA_BLOCK_LIMIT',
    ],
  ])('is refused with %s', async (_what, changes, code) => {
    expect(await restored(await forged(changes))).toMatchObject({ error: { code } });
  });

  it('is refused where its header is not canonical', async () => {
    const { header, body } = unwrap(readDelta(unwrap(await make())));
    const spaced = new TextEncoder().encode(canonicalJson(header as unknown as Json).replace('{', '{ '));
    const rest = new Uint8Array([...spaced, ...body]);
    const bytes = new Uint8Array(44 + rest.length);
    bytes.set(new TextEncoder().encode('SDBLOCK1'));
    new DataView(bytes.buffer).setUint32(8, spaced.length, true);
    bytes.set(nativeSha256(rest), 12);
    bytes.set(rest, 44);
    expect(await restored(bytes)).toMatchObject({ error: { code: 'DELTA_BLOCK_FORMAT' } });
  });
});
