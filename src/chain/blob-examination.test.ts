import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBus, unwrap, type StemmaEvents } from '../common/index.js';
import { ExaminationRegistry } from '../common/observation/examination-registry.js';
import { BlobExamination } from './blob-examination.js';
import { digestPayload } from './block/index.js';
import { leavesBlob } from './publish/block-storage.js';
import type { BlockReader } from './read/block-reader.js';
import { BlockStores } from './store/block-stores.js';
import type { StoredBlock } from './tables/block-queries.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A store in which these payloads are those of the blocks of chain B. */
async function setUp(payloads: readonly Uint8Array[], heads?: BlockReader['heads']) {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-examined-'));
  folders.push(folder);
  const stores = BlockStores.inFolder(folder);
  const blocks: StoredBlock[] = [];
  for (const [index, payload] of payloads.entries()) {
    const digest = digestPayload(payload);
    unwrap(await stores.payloads.put(payload));
    if (digest.leaves.length > 1) unwrap(await stores.leaves.putAll([leavesBlob(digest)]));
    const { hash: payload_hash, root: payload_root, size: payload_size } = digest;
    const header = { payload_hash, payload_root, payload_size, name: `expert ${index}` };
    blocks.push({ hash: `block ${index}`, header, index, logIndex: index } as unknown as StoredBlock);
  }
  const reader = {
    heads:
      heads ??
      (async () => [
        { chain: 'A', height: 0 },
        { chain: 'B', height: blocks.length },
      ]),
    at: async (chain: string, index: number) => (chain === 'B' ? blocks[index] : null),
  } as unknown as BlockReader;
  const events = new EventBus();
  const told: StemmaEvents['block.failed'][] = [];
  events.on('block.failed', (failure) => told.push(failure));
  const examinations = new ExaminationRegistry();
  new BlobExamination(reader, stores, events, examinations).onModuleInit();
  const look = async () => (await examinations.check()).probes.blob_store;
  return { look, folder, told, path: (n: number) => stores.payloads.path(blocks[n].header.payload_hash)! };
}

const bytes = (size: number) => new Uint8Array(size).map((_, i) => (i * 2_654_435_761) >>> 13);

describe('the examination of the blob store', () => {
  it('writes, reads a payload and leaves nothing behind', async () => {
    const { look, folder, told } = await setUp([bytes(1000)]);
    expect(await look()).toEqual({
      status: 'ok',
      detail: 'it writes, reads and removes; the payload of block block 0 was read',
    });
    expect(readdirSync(join(folder, 'payloads', 'incoming'))).toEqual([]);
    expect(told).toEqual([]);
  });

  it('needs no payloads', async () =>
    expect((await (await setUp([])).look()).detail).toContain('there are no payloads yet'));

  it('notices a store that cannot be written', async () => {
    const { look, folder } = await setUp([]);
    expect((await look()).status).toBe('ok');
    const incoming = join(folder, 'payloads', 'incoming');
    rmSync(incoming, { recursive: true });
    writeFileSync(incoming, 'in the way');
    expect(await look()).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('cannot be written'),
    });
    rmSync(incoming);
    mkdirSync(incoming);
    expect((await look()).status).toBe('ok');
  });

  it('finds what has rotted or is gone, tells of it once, and says so until it is whole', async () => {
    const payload = bytes(1000);
    const { look, path, told } = await setUp([payload]);
    writeFileSync(path(0), payload.slice().fill(0, 10, 20));
    for (let round = 0; round < 2; round++)
      expect(await look()).toEqual({
        status: 'failed',
        detail: 'the payload of expert 0 (block block 0) is corrupt',
      });
    expect(told).toMatchObject([{ hash: 'block 0', name: 'expert 0', code: 'BLOCK_CORRUPT' }]);
    writeFileSync(path(0), payload);
    expect((await look()).status).toBe('ok');
    rmSync(path(0));
    expect((await look()).detail).toContain('is missing');
    expect(told.map(({ code }) => code)).toEqual(['BLOCK_CORRUPT', 'BLOCK_MISSING']);
    expect(existsSync(path(0))).toBe(false);
  });

  it('reads one tile of what is large', async () => {
    const payload = new Uint8Array(64 * 2 ** 20 + 300_000).fill(7);
    const { look, path, told } = await setUp([payload]);
    expect((await look()).status).toBe('ok');
    writeFileSync(path(0), payload.fill(8));
    expect((await look()).detail).toContain('is corrupt');
    expect(told).toHaveLength(1);
    writeFileSync(path(0), payload.fill(7));
    expect((await look()).status).toBe('ok');
  });

  it('does not blame the store for a database that is away', async () => {
    const { look } = await setUp([], () => Promise.reject(new Error('no connection')));
    expect(await look()).toEqual({ status: 'degraded', detail: 'no payload could be drawn: no connection' });
  });
});
