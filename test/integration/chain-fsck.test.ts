import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unwrap } from '../../src/common/index.js';
import { Fsck, FsckRegistry, type BlockInput } from '../../src/chain/index.js';
import { Transactions } from '../../src/database/index.js';
import { PATIENCE_MS, testConfig } from '../support/index.js';
import { expertBlock, metaBlock, openChain, type ChainUnderTest } from './chain-support.js';

let sut: ChainUnderTest;
let registry: FsckRegistry;
let fsck: Fsck;
let blocks: (BlockInput & { hash: string })[];

beforeEach(async () => {
  sut = await openChain();
  registry = new FsckRegistry();
  fsck = new Fsck(
    testConfig({ dataDir: sut.folder }),
    sut.keys,
    sut.dataSource,
    new Transactions(sut.dataSource),
    sut.stores,
    sut.files,
    sut.sequencer,
    registry,
  );
  sut.sequencer.onApplicationBootstrap();
  const [meta] = unwrap(await sut.publisher.publish([await metaBlock(sut.author, null)]));
  const inputs = await Promise.all([
    expertBlock(sut.author, meta.hash, { name: 'layer0.expert0', size: 700_000, fill: 1 }),
    expertBlock(sut.author, meta.hash, { name: 'layer0.expert1', size: 1000, fill: 2 }),
  ]);
  const accepted = unwrap(await sut.publisher.publish(inputs));
  blocks = inputs.map((input, i) => ({ ...input, hash: accepted[i].hash }));
  await sut.log.appendGrouped(
    Array.from({ length: 300 }, (_, i) => ({
      kind: 'test',
      subject: `s${i}`,
      actor: 'x',
      hash: '0'.repeat(64),
      data: {},
    })),
  );
  await sut.sequencer.settle(PATIENCE_MS);
  await sut.logReader.waitFor('s299', 'test', PATIENCE_MS);
});
afterEach(() => sut.close());

const check = (repair = false) => fsck.run({ repair, exclusive: true });
const codes = async (repair = false) =>
  [...new Set((await check(repair)).findings.map(({ code }) => code))].sort();
const query = (sql: string, parameters: unknown[] = []) => sut.dataSource.query(sql, parameters);

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] ^= 1;
  await writeFile(path, bytes);
}

describe('fsck', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(await check()).toMatchObject({ clean: true, errors: 0, warnings: 0, blocks: 3, log_size: 303 });
  });

  it('names the tile of a payload in which one bit changed', async () => {
    await flipByte(sut.stores.payloads.path(blocks[0].header.payload_hash)!, 300_000);
    const { clean, findings } = await check(true);
    expect(clean).toBe(false);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code: 'PAYLOAD_WRONG', subject: blocks[0].hash });
    expect(findings[0].detail).toContain('tile 1 of 3 (bytes from 262144');
  });

  it('names a payload that is gone, and one that nobody needs', async () => {
    await sut.stores.payloads.remove(blocks[1].header.payload_hash);
    unwrap(await sut.stores.payloads.put(new Uint8Array(3)));
    expect(await codes()).toEqual(['PAYLOAD_MISSING', 'PAYLOAD_UNUSED']);
    unwrap(await sut.publisher.publish([blocks[1]]));
    expect(await check()).toMatchObject({ clean: true, warnings: 1 });
  });

  it('puts back a header file from the database, and rows from header files', async () => {
    await flipByte(sut.stores.headers.path(blocks[0].hash)!, 40);
    await rm(sut.stores.headers.path(blocks[1].hash)!);
    expect(await codes()).toEqual(['BLOCK_HEADER_MISSING', 'BLOCK_HEADER_WRONG']);
    expect(await check(true)).toMatchObject({ clean: true });

    await query('DELETE FROM block_edges');
    await query('DELETE FROM blocks');
    await query('UPDATE chain_heads SET height = 0, head_hash = NULL');
    expect(await codes()).toEqual(['ROW_BLOCK_MISSING']);
    expect(await check(true)).toMatchObject({ clean: true });
    expect((await sut.reader.head('B')).height).toBe(2);
    expect(await sut.reader.parents(blocks[0].hash)).toHaveLength(1);
    const depths = await query('SELECT depth FROM blocks ORDER BY depth');
    expect(depths).toEqual([{ depth: 0 }, { depth: 1 }, { depth: 1 }]);
  });

  it('says that a header with another signature is wrong', async () => {
    const path = sut.stores.headers.path(blocks[0].hash)!;
    const text = await readFile(path, 'utf8');
    await writeFile(
      path,
      text.replace(
        /"signature":"../,
        (start) => `${start.slice(0, -2)}${start.endsWith('00') ? '11' : '00'}`,
      ),
    );
    const { findings } = await check();
    expect(findings).toMatchObject([{ code: 'BLOCK_HEADER_WRONG', subject: blocks[0].hash }]);
    expect(findings[0].detail).toContain('low-S signature');
  });

  it('finds and mends rows that were changed, added or taken away', async () => {
    await query(`UPDATE blocks SET header = replace(header, '"nonce":0', '"nonce":7') WHERE hash = $1`, [
      blocks[0].hash,
    ]);
    await query('DELETE FROM block_edges WHERE child = $1', [blocks[1].hash]);
    await query(
      `INSERT INTO blocks SELECT 'aa' || substr(hash, 3), chain_id, 99, block_type, name, layer_id, model,
      payload_hash, payload_size, miner_pub, block_time, depth, header FROM blocks WHERE hash = $1`,
      [blocks[1].hash],
    );
    await query(`UPDATE log_entries SET leaf = '{}' WHERE leaf_index = 5`);
    await query('DELETE FROM log_entries WHERE leaf_index = 300');
    expect(await codes()).toEqual(
      [
        'ROW_BLOCK_EXTRA',
        'ROW_BLOCK_WRONG',
        'ROW_EDGES_WRONG',
        'ROW_HEAD_WRONG',
        'ROW_LOG_MISSING',
        'ROW_LOG_WRONG',
      ].sort(),
    );
    const { clean, repairs } = await check(true);
    expect(clean).toBe(true);
    expect(repairs.length).toBeGreaterThan(0);
    expect(await sut.reader.list('B')).toMatchObject({ value: { items: [{ index: 1 }, { index: 0 }] } });
  });

  it('names a damaged tile and writes it anew', async () => {
    const tile = join(sut.folder, 'log/tile/0/000');
    const before = await readFile(tile);
    await flipByte(tile, 100);
    expect((await check()).findings).toMatchObject([{ code: 'LOG_TILE_WRONG', subject: 'tile/0/000' }]);
    expect(await check(true)).toMatchObject({ clean: true });
    expect(await readFile(tile)).toEqual(before);
    await rm(join(sut.folder, 'log/tile/1'), { recursive: true });
    expect((await check()).findings).toMatchObject([{ code: 'LOG_TILE_MISSING', subject: 'tile/1/000.p/1' }]);
    expect(await check(true)).toMatchObject({ clean: true });
  });

  it('names a changed entry, and mends it from the database', async () => {
    await flipByte(join(sut.folder, 'log/tile/entries/000'), 5000);
    const { findings } = await check();
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ code: 'LOG_ENTRY_WRONG', subject: 'tile/entries/000' });
    expect(await check(true)).toMatchObject({ clean: true });
  });

  it('signs no other history: where files and rows both changed, it repairs nothing', async () => {
    await query(
      `UPDATE log_entries SET leaf = replace(leaf, '"actor":"x"', '"actor":"y"') WHERE leaf_index = 20`,
    );
    await flipByte(join(sut.folder, 'log/tile/entries/000'), 5000);
    const checkpoint = await readFile(join(sut.folder, 'log/checkpoint'));
    expect(await check(true)).toMatchObject({ clean: false });
    expect(await readFile(join(sut.folder, 'log/checkpoint'))).toEqual(checkpoint);
  });

  it('refuses a checkpoint that another key signed', async () => {
    const path = join(sut.folder, 'log/checkpoint');
    const note = await readFile(path, 'utf8');
    await writeFile(path, note.replace('\n303\n', '\n302\n'));
    expect(await codes()).toContain('LOG_CHECKPOINT_WRONG');
  });

  it('removes what unfinished writes left behind', async () => {
    const left = join(sut.folder, 'blobs/payloads/incoming/left');
    await writeFile(left, 'half');
    expect(await check()).toMatchObject({ clean: true, findings: [{ code: 'TEMPORARY_FILE' }] });
    expect((await check(true)).repairs).toEqual([`removed ${left}`]);
    expect(await readdir(join(sut.folder, 'blobs/payloads/incoming'))).toEqual([]);
  });

  it('asks the checks of other modules', async () => {
    const leaves: number[] = [];
    registry.register({
      name: 'test',
      visitLeaf: (index) => leaves.push(index),
      run: async ({ blocks: accepted, complete }, findings) => {
        expect(accepted.size).toBe(3);
        expect(complete).toBe(true);
        findings.error('TEST_WRONG', 'x', 'wrong');
      },
    });
    expect(await codes()).toEqual(['TEST_WRONG']);
    expect(leaves).toHaveLength(300);
  });
});
