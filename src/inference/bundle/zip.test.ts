import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  it('are not written when a file has another size than it said', async () => {
    const lying = { name: 'a', size: 3, open: () => [new Uint8Array(4)] };
    await expect(bytesOf([lying])).rejects.toThrow('a has 4 bytes instead of 3');
  });
});
