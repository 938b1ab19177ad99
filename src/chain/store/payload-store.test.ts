import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { blobStoreCompliance } from '../../../test/compliance/blob-store.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { makeDelta } from '../delta/index.js';
import { BlockStores } from './block-stores.js';
import { PayloadForms } from './payload-forms.js';
import type { PayloadStore } from './payload-store.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function open(): PayloadStore {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-payloads-'));
  folders.push(folder);
  return BlockStores.inFolder(folder).payloads;
}

blobStoreCompliance('payloads, some as deltas', open);

const SIZE = 20_000;
/** Version `number` of a payload: each differs from the others in a few bytes. */
function version(number: number): Uint8Array {
  const bytes = new Uint8Array(SIZE).map((_, i) => (i * 2_654_435_761) >>> 13);
  for (let i = 0; i <= number; i++) bytes[i * 7] ^= 0x55 + i;
  return bytes;
}
const hashOf = (number: number) => nativeSha256Hex(version(number));
const NEVER = Number.MAX_SAFE_INTEGER;

async function delta(from: number, to: number): Promise<Uint8Array> {
  const sections = [{ kind: 'bytes', length: SIZE }] as const;
  const source = { parent: 'ab'.repeat(32), parentPayload: version(from), payload: version(to), sections };
  return unwrap(await makeDelta(source));
}

/** A store with versions 0 to `last`, of which all but the first have a delta from the one before and are packed. */
async function chain(last: number) {
  const store = open();
  const sut = new PayloadForms(store);
  for (let i = 0; i <= last; i++) unwrap(await store.put(version(i)));
  for (let i = 1; i <= last; i++) unwrap(await sut.keepDelta(await delta(i - 1, i)));
  for (let i = 1; i <= last; i++)
    expect(unwrap(await sut.pack(hashOf(i), NEVER, NEVER))).toMatchObject({ slow: false, removed: true });
  return { store, sut, file: (i: number) => store.path(hashOf(i))! };
}

describe('payloads that lie as deltas', () => {
  it('are read, streamed, listed and measured as if they were whole', async () => {
    const { store, file } = await chain(3);
    for (let i = 1; i <= 3; i++) {
      expect(existsSync(file(i))).toBe(false);
      expect(await store.has(hashOf(i))).toBe(true);
      expect(await store.check(hashOf(i))).toBe('intact');
      expect(await store.stat(hashOf(i))).toEqual({ size: SIZE });
      expect(nativeSha256Hex(unwrap(await store.read(hashOf(i))))).toBe(hashOf(i));
      const pieces: Buffer[] = [];
      for await (const piece of store.open(hashOf(i), { start: 5, end: 900 })) pieces.push(piece as Buffer);
      expect(Buffer.concat(pieces).equals(version(i).subarray(5, 900))).toBe(true);
    }
    const listed: string[] = [];
    for await (const { hash, size } of store.list()) {
      expect(size).toBe(SIZE);
      listed.push(hash);
    }
    expect(listed).toEqual([0, 1, 2, 3].map(hashOf).sort());
  });

  it('become files for whoever asks for one, by many at once, and are packed again when nobody has used them for long', async () => {
    const { store, sut, file } = await chain(2);
    await Promise.all(Array.from({ length: 5 }, async () => unwrap(await store.hold(hashOf(2)))));
    expect(nativeSha256Hex(readFileSync(file(2)))).toBe(hashOf(2));
    expect(existsSync(file(1))).toBe(false);
    const before = Date.now() - 60_000;
    expect(unwrap(await sut.pack(hashOf(2), before, NEVER))).toMatchObject({ removed: false });
    utimesSync(file(2), 1, 1);
    unwrap(await store.hold(hashOf(2)));
    expect(statSync(file(2)).mtimeMs).toBeGreaterThan(before);
    utimesSync(file(2), 1, 1);
    expect(unwrap(await sut.pack(hashOf(2), before, NEVER))).toMatchObject({ removed: true });
    expect(existsSync(file(2))).toBe(false);
  });

  it('stay whole where they load slowly, and are made whole for good with the same bytes', async () => {
    const { store, sut, file } = await chain(2);
    unwrap(await store.hold(hashOf(2)));
    expect(unwrap(await sut.pack(hashOf(2), NEVER, 0))).toMatchObject({ slow: true, removed: false });
    unwrap(await sut.keepWhole(hashOf(1), 'slow'));
    expect(nativeSha256Hex(readFileSync(file(1)))).toBe(hashOf(1));
    expect([await sut.hasDelta(hashOf(1)), await sut.isSnapshot(hashOf(1))]).toEqual([false, true]);
    expect(nativeSha256Hex(unwrap(await store.read(hashOf(2))))).toBe(hashOf(2));
    expect(await store.keptWhole.check(hashOf(1))).toBe('intact');
  });

  it('keep their delta where the whole file is damaged', async () => {
    const { store, sut, file } = await chain(1);
    unwrap(await store.hold(hashOf(1)));
    writeFileSync(file(1), 'damaged');
    expect(await sut.keepWhole(hashOf(1), 'slow')).toMatchObject({ error: { code: 'BLOB_CORRUPT' } });
    expect(await sut.hasDelta(hashOf(1))).toBe(true);
  });

  it('are read by whoever has just seen a file that is packed away then', async () => {
    const { store } = await chain(3);
    jest.spyOn(store.whole, 'has').mockResolvedValue(true);
    expect(nativeSha256Hex(unwrap(await store.read(hashOf(3))))).toBe(hashOf(3));
    expect(await store.check(hashOf(3))).toBe('intact');
  });

  it('never lose both forms, whatever changes them at the same time', async () => {
    const { store, sut } = await chain(2);
    const steps = [
      () => sut.pack(hashOf(2), NEVER, NEVER),
      () => sut.removeDelta(hashOf(2), () => Promise.resolve(true)),
      () => sut.keepWhole(hashOf(2), 'slow'),
    ];
    for (const [first, second] of [
      [0, 1],
      [1, 0],
      [0, 2],
      [2, 0],
    ]) {
      unwrap(await store.whole.putAll([{ hash: hashOf(2), content: version(2) }]));
      unwrap(await sut.keepDelta(await delta(1, 2)));
      await Promise.all([steps[first](), steps[second]()]);
      expect(nativeSha256Hex(unwrap(await store.read(hashOf(2))))).toBe(hashOf(2));
    }
  });

  it('are made only so many at a time, and wait only so many', async () => {
    const { store } = await chain(1);
    const asked = await Promise.all(Array.from({ length: 80 }, () => store.fromDeltas(hashOf(1))));
    const codes = asked.flatMap((made) => (made.ok ? [] : [made.error.code]));
    expect(codes).toEqual(Array.from({ length: 80 - 2 - 64 }, () => 'PAYLOADS_BUSY'));
    expect((await store.fromDeltas(hashOf(1))).ok).toBe(true);
  });

  it('are left to their readers where no use of them can be noted', async () => {
    const store = open();
    const folder = dirname(store.path(hashOf(1))!);
    mkdirSync(dirname(folder), { recursive: true });
    writeFileSync(folder, 'no folder');
    expect(await store.hold(hashOf(1))).toEqual({ ok: true });
  });

  it('are found to lie under too many deltas, or under ones that are too large', async () => {
    const { sut } = await chain(11);
    expect(await sut.reasonAgainst(hashOf(10), SIZE)).toEqual({ ok: true, value: null });
    expect(await sut.reasonAgainst(hashOf(11), SIZE)).toEqual({ ok: true, value: 'chain' });
    expect(await sut.reasonAgainst(hashOf(10), 1000)).toEqual({ ok: true, value: 'size' });
    unwrap(await sut.keepWhole(hashOf(5), 'chain'));
    expect(await sut.reasonAgainst(hashOf(11), SIZE)).toEqual({ ok: true, value: null });
  });

  it('are refused, not followed for ever, where deltas lead in a circle or nowhere', async () => {
    const { store, sut, file } = await chain(1);
    expect(await sut.keepDelta(await delta(1, 0))).toMatchObject({ error: { code: 'DELTA_BLOCK_CHAIN' } });
    expect(await sut.hasDelta(hashOf(0))).toBe(false);
    unwrap(await store.deltas.putAll([{ hash: hashOf(0), content: await delta(1, 0) }]));
    rmSync(file(0));
    expect(await store.read(hashOf(1))).toMatchObject({ error: { code: 'DELTA_BLOCK_CHAIN' } });
    expect(await store.check(hashOf(1))).toBe('corrupt');
    await store.deltas.remove(hashOf(0));
    expect(await store.read(hashOf(1))).toMatchObject({ error: { code: 'BLOB_MISSING' } });
    expect(await store.hold(hashOf(1))).toMatchObject({ error: { code: 'BLOB_MISSING' } });
  });

  it('are not kept where they do not give the payload they name', async () => {
    const { sut } = await chain(1);
    const bytes = await delta(1, 2);
    bytes[bytes.length - 1] ^= 1;
    expect(await sut.keepDelta(bytes)).toMatchObject({ error: { code: 'DELTA_BLOCK_FORMAT' } });
    expect(await sut.keepDelta(await delta(7, 8))).toMatchObject({ error: { code: 'BLOB_MISSING' } });
  });
});
