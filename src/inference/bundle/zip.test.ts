import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { unzipSync, zipSync } from 'fflate';
import { unwrap } from '../../common/index.js';
import { ZipReader } from './zip-reader.js';
import { writeZip, zipSize, type ZipEntry } from './zip-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'stemma-zip-'));
const path = join(folder, 'archive.zip');

afterAll(() => rmSync(folder, { recursive: true }));

const name = fc.stringMatching(/^[a-z][a-z0-9._-]{0,10}(\/[a-z][a-z0-9]{0,5})?$/);
const files = fc.dictionary(name, fc.uint8Array({ maxLength: 300 }), { maxKeys: 6 });

function entriesOf(contents: Record<string, Uint8Array>): ZipEntry[] {
  return Object.entries(contents).map(([name, bytes]) => ({
    name,
    size: bytes.length,
    open: () => [bytes.subarray(0, 7), bytes.subarray(7)],
  }));
}

async function bytesOf(entries: readonly ZipEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeZip(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readAll(bytes: Uint8Array): Promise<Record<string, Uint8Array>> {
  writeFileSync(path, bytes);
  const zip = unwrap(await ZipReader.open(path));
  try {
    const contents: Record<string, Uint8Array> = {};
    for (const name of zip.names) contents[name] = Uint8Array.from(unwrap(await zip.read(name, 1000))!);
    return contents;
  } finally {
    await zip.close();
  }
}

describe('zip archives', () => {
  it('can be read by another library, and have the size that was foretold', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (contents) => {
        const bytes = await bytesOf(entriesOf(contents));
        expect(bytes.length).toBe(zipSize(entriesOf(contents)));
        expect({ ...unzipSync(bytes) }).toEqual({ ...contents });
      }),
      { numRuns: 40 },
    );
  });

  it('can be read back, also when another library made or packed them', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.constantFrom(0, 6), async (contents, level) => {
        expect(await readAll(await bytesOf(entriesOf(contents)))).toEqual({ ...contents });
        expect(await readAll(zipSync({ ...contents }, { level: level as 0 | 6 }))).toEqual({ ...contents });
      }),
      { numRuns: 25 },
    );
  });

  it('are refused by code, never thrown at, whatever byte is changed', async () => {
    const bytes = await bytesOf(
      entriesOf({ 'a.json': new Uint8Array(50).fill(65), 'b/c': new Uint8Array(20) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), async (at, value, cut) => {
        const broken = cut ? bytes.subarray(0, at) : Buffer.from(bytes).fill(value, at, at + 1);
        writeFileSync(path, broken);
        const zip = await ZipReader.open(path);
        if (!zip.ok) {
          expect(zip.error.code).toBe('ZIP_INVALID');
          return;
        }
        for (const name of zip.value.names) {
          const read = await zip.value.read(name, 1000);
          if (!read.ok) expect(read.error.code).toBe('ZIP_INVALID');
        }
        await zip.value.close();
      }),
      { numRuns: 150 },
    );
  });

  it.each(['../up', '/root', 'a/b/c', 'a\\b', '.hidden', 'ä'])(
    'are refused when they hold the name %s',
    async (name) => {
      writeFileSync(path, zipSync({ [name]: new Uint8Array(1) }));
      const zip = await ZipReader.open(path);
      expect(!zip.ok && zip.error.code).toBe('ZIP_INVALID');
    },
  );

  it('do not give out more than a reader allows', async () => {
    writeFileSync(path, zipSync({ bomb: new Uint8Array(1 << 20) }, { level: 9 }));
    const zip = unwrap(await ZipReader.open(path));
    const read = await zip.read('bomb', 1000);
    expect(!read.ok && read.error.code).toBe('ZIP_INVALID');
    await zip.close();
  });

  it('do not give out more than their directory says', async () => {
    const bytes = Buffer.from(zipSync({ bomb: new Uint8Array(1 << 20) }, { level: 9 }));
    const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    bytes.writeUInt32LE(200_000, central + 24);
    writeFileSync(path, bytes);
    const zip = unwrap(await ZipReader.open(path));
    let given = 0;
    const readAll = async () => {
      for await (const chunk of zip.stream('bomb')) given += chunk.length;
    };
    await expect(readAll()).rejects.toThrow('larger than the directory says');
    expect(given).toBeLessThanOrEqual(200_000);
    await zip.close();
  });

  it('are refused, not thrown at, when a 64-bit offset points nowhere', async () => {
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(0xffff_ffff_ffff_0000n, 8);
    const bytes = await bytesOf(entriesOf({ a: new Uint8Array(9) }));
    writeFileSync(path, Buffer.concat([bytes.subarray(0, -22), locator, bytes.subarray(-22)]));
    const zip = await ZipReader.open(path);
    expect(!zip.ok && zip.error.code).toBe('ZIP_INVALID');
  });

  it('are refused when their files together are larger than an archive can be', async () => {
    const bytes = Buffer.from(zipSync({ a: new Uint8Array(99), b: new Uint8Array(99) }, { level: 9 }));
    let central = -1;
    for (let i = 0; i < 2; i++) {
      central = bytes.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]), central + 1);
      bytes.writeUInt32LE(0x9000_0000, central + 24);
    }
    writeFileSync(path, bytes);
    const zip = await ZipReader.open(path);
    expect(!zip.ok && zip.error.message).toContain('files have more than');
  });

  it('have the size that was foretold also with many files', async () => {
    const contents = Object.fromEntries(
      Array.from({ length: 1500 }, (_, i) => [`blocks/${i}`.padEnd(70, 'x'), Uint8Array.of(i & 255)]),
    );
    const bytes = await bytesOf(entriesOf(contents));
    expect(bytes.length).toBe(zipSize(entriesOf(contents)));
    expect(Object.keys(await readAll(bytes))).toHaveLength(1500);
  });

  it('do not tell when they were made', async () => {
    const bytes = await bytesOf(entriesOf({ a: new Uint8Array(9) }));
    const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    const midnight1980 = 0x0021_0000;
    expect(bytes.readUInt32LE(10)).toBe(midnight1980);
    expect(bytes.readUInt32LE(central + 12)).toBe(midnight1980);
    expect(bytes.length).toBe(30 + 1 + 9 + 16 + 46 + 1 + 22);
  });

  it('are written only as fast as they are taken, and let go of their files when nobody takes more', async () => {
    const chunk = new Uint8Array(1 << 18);
    let [given, released] = [0, false];
    async function* endless() {
      try {
        for (;;) {
          given += chunk.length;
          yield chunk;
          await Promise.resolve();
        }
      } finally {
        released = true;
      }
    }
    const archive = writeZip([{ name: 'large', size: 1 << 30, open: endless }]);
    let taken = 0;
    for await (const bytes of archive) {
      taken += bytes.length;
      if (taken > 32 << 20) break;
    }
    await new Promise((done) => setImmediate(done));
    expect(given - taken).toBeLessThan(8 << 20);
    expect(released).toBe(true);
  });

  it('fail when a file cannot be read', async () => {
    const missing = { name: 'a', size: 3, open: () => createReadStream(join(folder, 'missing')) };
    await expect(bytesOf([missing])).rejects.toThrow('ENOENT');
  });

  it('are not written when a file has another size than it said', async () => {
    const lying = { name: 'a', size: 3, open: () => [new Uint8Array(4)] };
    await expect(bytesOf([lying])).rejects.toThrow('a has 4 bytes instead of 3');
  });
});
