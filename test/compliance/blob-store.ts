import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unwrap } from '../../src/common/index.js';
import type { BlobStore } from '../../src/chain/index.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (size: number, fill = 1) => new Uint8Array(size).map((_, i) => i * fill);

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What every adapter of `BlobStore` must do. @param open an empty store whose blobs are named by SHA-256 */
export function blobStoreCompliance(adapter: string, open: () => BlobStore | Promise<BlobStore>): void {
  describe(`a blob store (${adapter})`, () => {
    let store: BlobStore;
    beforeEach(async () => {
      store = await open();
    });

    it('gives back what it was given, under its hash', async () => {
      for (const bytes of [new Uint8Array(0), bytesOf(1), bytesOf(300_000)]) {
        const hash = unwrap(await store.put(bytes));
        expect(hash).toBe(sha256(bytes));
        expect(sha256(unwrap(await store.read(hash)))).toBe(hash);
        expect(await store.stat(hash)).toEqual({ size: bytes.length });
        expect(await store.has(hash)).toBe(true);
        expect(await store.check(hash)).toBe('intact');
      }
    });

    it('knows nothing of what it was not given', async () => {
      const nothing = 'a'.repeat(64);
      expect(await store.has(nothing)).toBe(false);
      expect(await store.stat(nothing)).toBeNull();
      expect(await store.check(nothing)).toBe('missing');
      expect(await store.read(nothing)).toMatchObject({ error: { code: 'BLOB_MISSING' } });
      for await (const { hash } of store.list()) throw new Error(`an empty store lists ${hash}`);
    });

    it('refuses names that are not hashes, so that none leads elsewhere', async () => {
      for (const name of ['', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(63)}/`])
        await expect(async () => store.path(name)).rejects.toThrow(TypeError);
    });

    it('reads and streams ranges', async () => {
      const bytes = bytesOf(1000, 7);
      const hash = unwrap(await store.put(bytes));
      expect(Buffer.from(unwrap(await store.read(hash, { start: 10, end: 20 })))).toEqual(
        Buffer.from(bytes.subarray(10, 20)),
      );
      expect(Buffer.from(unwrap(await store.read(hash, { start: 990, end: 2000 })))).toEqual(
        Buffer.from(bytes.subarray(990)),
      );
      const streamed: Buffer[] = [];
      for await (const piece of store.open(hash, { start: 1, end: 999 })) streamed.push(piece as Buffer);
      expect(Buffer.concat(streamed)).toEqual(Buffer.from(bytes.subarray(1, 999)));
    });

    it('stages a stream, hashing it and its tiles, and publishes it', async () => {
      const bytes = bytesOf(600_000, 3);
      const staged = unwrap(await store.stage(inPieces(bytes, 7777)));
      expect(staged).toMatchObject({ hash: sha256(bytes), size: bytes.length });
      expect(staged.leaves).toHaveLength(3);
      expect(await store.has(staged.hash)).toBe(false);
      unwrap(await store.putAll([{ hash: staged.hash, content: staged }]));
      expect(await store.check(staged.hash)).toBe('intact');
    });

    it('leaves nothing of a stream that breaks or is discarded', async () => {
      const broken = async function* () {
        yield bytesOf(10);
        throw new Error('the sender is gone');
      };
      await expect(store.stage(broken())).rejects.toThrow('the sender is gone');
      const staged = unwrap(await store.stage(inPieces(bytesOf(10), 3)));
      await store.discard(staged);
      await store.discard(staged);
      expect(await store.putAll([{ hash: staged.hash, content: staged }])).toMatchObject({ ok: false });
      expect(await store.has(staged.hash)).toBe(false);
    });

    it('stores all of a group or nothing', async () => {
      const good = bytesOf(10);
      const missing = { path: '/nowhere/at/all' };
      const group = [
        { hash: sha256(good), content: good },
        { hash: 'b'.repeat(64), content: missing },
      ];
      expect(await store.putAll(group)).toMatchObject({ ok: false, error: { code: 'STORAGE_FAILED' } });
      expect(await store.has(sha256(good))).toBe(false);
    });

    it('lists every blob once, in order of names', async () => {
      const hashes = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => unwrap(await store.put(bytesOf(i + 1)))),
      );
      const listed: string[] = [];
      for await (const { hash, size } of store.list()) {
        expect(size).toBeGreaterThan(0);
        listed.push(hash);
      }
      expect(listed).toEqual([...hashes].sort());
    });

    it('notices what was altered behind its back', async () => {
      const hash = unwrap(await store.put(bytesOf(100)));
      const path = store.path(hash);
      if (path === null) return;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytesOf(100, 2));
      expect(await store.read(hash)).toMatchObject({ error: { code: 'BLOB_CORRUPT' } });
      expect(await store.check(hash)).toBe('corrupt');
      unwrap(await store.put(bytesOf(100)));
      expect(await store.check(hash)).toBe('intact');
      await store.remove(hash);
      await store.remove(hash);
      expect(await store.check(hash)).toBe('missing');
    });

    it('can be tried out, of which nothing is left', async () => {
      unwrap(await store.tryOut());
      for await (const { hash } of store.list()) throw new Error(`an empty store lists ${hash}`);
    });

    it('takes the same blob from many sides at once', async () => {
      const hashes = await Promise.all(Array.from({ length: 12 }, () => store.put(bytesOf(50_000))));
      expect(new Set(hashes.map(unwrap)).size).toBe(1);
      expect(await store.check(unwrap(hashes[0]))).toBe('intact');
    });
  });
}
