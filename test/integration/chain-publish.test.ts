import { createHash } from 'node:crypto';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, unwrap, utf8ToBytes } from '../../src/common/index.js';
import {
  hashHeader,
  mineNonce,
  payloadRoot,
  signHeader,
  type BlockHeader,
  type BlockInput,
} from '../../src/chain/index.js';
import { secp256k1Signer } from '../../src/keys/index.js';
import { PATIENCE_MS } from '../support/index.js';
import { expertBlock, metaBlock, openChain, TEST_NOW, type ChainUnderTest } from './chain-support.js';

let sut: ChainUnderTest;
let meta: string;
beforeEach(async () => {
  sut = await openChain();
  meta = unwrap(await sut.publisher.publish([await metaBlock(sut.author, null)]))[0].hash;
});
afterEach(() => sut.close());

/** The header with some fields replaced, signed anew. */
function resigned(header: BlockHeader, changes: Partial<BlockHeader>): BlockHeader {
  return signHeader({ ...header, ...changes }, sut.keys.blockSigner);
}

async function countBlocks(): Promise<number> {
  const [{ count }] = await sut.dataSource.query<{ count: string }[]>('SELECT count(*) FROM blocks');
  return Number(count);
}

describe('publishing blocks', () => {
  it('stores files, rows, edges and a log entry, and gives them back', async () => {
    const input = await expertBlock(sut.author, meta, { size: 600_000 });
    const [block] = unwrap(await sut.publisher.publish([input]));
    expect(block).toMatchObject({ created: true, index: 0, header: input.header });
    expect(await sut.reader.header(block.hash)).toMatchObject({
      hash: block.hash,
      header: input.header,
      index: 0,
    });
    expect(unwrap(await sut.reader.payload(block.hash)).length).toBe(600_000);
    expect((await sut.reader.parents(block.hash)).map(({ hash }) => hash)).toEqual([meta]);
    expect((await sut.reader.children(meta)).map(({ hash }) => hash)).toEqual([block.hash]);
    expect(unwrap(await sut.stores.leaves.read(input.header.payload_root)).length).toBe(3 * 32);
    sut.sequencer.onApplicationBootstrap();
    expect(await sut.logReader.waitFor(block.hash, 'block', PATIENCE_MS)).toBe(1);
  });

  it('is done once however often it is asked', async () => {
    const input = await expertBlock(sut.author, meta);
    const [first] = unwrap(await sut.publisher.publish([input]));
    const again = unwrap(await sut.publisher.publish([input, input]));
    expect(again).toEqual([
      { ...first, created: false },
      { ...first, created: false },
    ]);
    const both = await Promise.all(
      Array.from({ length: 8 }, async () =>
        sut.publisher.publish([await expertBlock(sut.author, meta, { fill: 7 })]),
      ),
    );
    expect(both.flatMap(unwrap).filter(({ created }) => created)).toHaveLength(1);
    expect(await countBlocks()).toBe(3);
  });

  it('puts back files that are missing or altered when the block comes again', async () => {
    const input = await expertBlock(sut.author, meta);
    const [{ hash }] = unwrap(await sut.publisher.publish([input]));
    await sut.stores.headers.remove(hash);
    await writeFile(sut.stores.payloads.path(input.header.payload_hash)!, new Uint8Array(1000));
    unwrap(await sut.publisher.publish([input]));
    expect(await sut.stores.headers.check(hash)).toBe('intact');
    expect(await sut.stores.payloads.check(input.header.payload_hash)).toBe('intact');
  });

  it('takes a batch in any order and all of it or nothing', async () => {
    const parent = await expertBlock(sut.author, meta, { fill: 1 });
    const child = await expertBlock(sut.author, meta, { fill: 2, dependsOn: [hashHeader(parent.header)] });
    const bad = await expertBlock(sut.author, meta, { fill: 3, dependsOn: ['f'.repeat(64)] });
    expect(await sut.publisher.publish([child, parent, bad])).toMatchObject({
      error: { code: 'BLOCK_PARENT_MISSING' },
    });
    expect(await countBlocks()).toBe(1);
    const accepted = unwrap(await sut.publisher.publish([child, parent]));
    expect(accepted.map(({ index }) => index)).toEqual([1, 0]);
    const depths = await sut.dataSource.query<{ depth: number }[]>('SELECT depth FROM blocks ORDER BY depth');
    expect(depths.map(({ depth }) => depth)).toEqual([0, 1, 2]);
  });

  it('moves a staged file into the store', async () => {
    const input = await expertBlock(sut.author, meta, { size: 5000 });
    const staged = unwrap(await sut.stores.payloads.stage(chunks(input.payload as Uint8Array)));
    expect(staged).toMatchObject({
      hash: input.header.payload_hash,
      root: input.header.payload_root,
      size: 5000,
    });
    unwrap(await sut.publisher.publish([{ ...input, payload: staged }]));
    const second = unwrap(await sut.stores.payloads.stage(chunks(input.payload as Uint8Array)));
    unwrap(await sut.publisher.publish([{ ...input, payload: second }]));
    expect(await readdir(join(sut.folder, 'blobs/payloads/incoming'))).toEqual([]);
  });

  it('appends to a linear chain from many sides without a gap', async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        sut.publisher.appendLinear('A', async (head) => [await metaBlock(sut.author, head, { i })]),
      ),
    );
    expect(
      results
        .flatMap(unwrap)
        .map(({ index }) => index)
        .sort(),
    ).toEqual([1, 2, 3, 4, 5, 6]);
    const { items } = unwrap(await sut.reader.list('A', {}, { order: 'oldest' }));
    items.forEach(({ header }, i) => expect(header.prev_hash).toBe(i === 0 ? null : items[i - 1].hash));
  });

  it('pages lists and filters them', async () => {
    for (let i = 0; i < 5; i++)
      unwrap(
        await sut.publisher.publish([await expertBlock(sut.author, meta, { name: `layer0.expert${i}` })]),
      );
    const first = unwrap(await sut.reader.list('B', { type: 'expert', model: 'test' }, { limit: 3 }));
    const rest = unwrap(
      await sut.reader.list('B', { type: 'expert' }, { limit: 3, cursor: first.nextCursor! }),
    );
    expect([...first.items, ...rest.items].map(({ header }) => header.name)).toEqual(
      [4, 3, 2, 1, 0].map((i) => `layer0.expert${i}`),
    );
    expect(rest.nextCursor).toBeNull();
    expect(unwrap(await sut.reader.list('B', { name: 'layer0.expert2' })).items).toHaveLength(1);
    expect(await sut.reader.list('B', {}, { cursor: 'x' })).toMatchObject({
      error: { code: 'CURSOR_INVALID' },
    });
  });
});

describe('a block that is not in order', () => {
  const flip = (hex: string) => (hex[0] === '0' ? '1' : '0') + hex.slice(1);
  const cases: [string, string, (good: BlockInput) => Partial<BlockInput> | Promise<Partial<BlockInput>>][] =
    [
      [
        'lacks a field',
        'BLOCK_SHAPE',
        ({ header }) => ({ header: { ...header, nonce: undefined } as never }),
      ],
      ['has a field too many', 'BLOCK_SHAPE', ({ header }) => ({ header: { ...header, extra: 1 } as never })],
      [
        'has unsorted dependencies',
        'BLOCK_SHAPE',
        ({ header }) => ({ header: resigned(header, { depends_on: [meta, meta] }) }),
      ],
      [
        'has a lone surrogate',
        'BLOCK_SHAPE',
        ({ header }) => ({ header: { ...header, metadata: { a: '\ud800' } } }),
      ],
      [
        'has too much metadata',
        'BLOCK_METADATA_SIZE',
        ({ header }) => ({ header: resigned(header, { metadata: { x: 'y'.repeat(70_000) } }) }),
      ],
      ['is not what its name says', 'BLOCK_HASH', () => ({ hash: 'a'.repeat(64) })],
      ['was changed after signing', 'BLOCK_SIGNATURE', ({ header }) => ({ header: { ...header, nonce: 1 } })],
      [
        'has a broken signature',
        'BLOCK_SIGNATURE',
        ({ header }) => ({ header: { ...header, signature: flip(header.signature) } }),
      ],
      [
        'has a high-S signature',
        'BLOCK_SIGNATURE',
        ({ header }) => ({ header: { ...header, signature: highS(header.signature) } }),
      ],
      [
        'is dated ahead',
        'BLOCK_TIME_FUTURE',
        ({ header }) => ({ header: resigned(header, { timestamp: TEST_NOW + 120_001 }) }),
      ],
      [
        'is older than its parent',
        'BLOCK_TIME_BEFORE_PARENT',
        ({ header }) => ({ header: resigned(header, { timestamp: TEST_NOW - 1 }) }),
      ],
      [
        'depends on nothing known',
        'BLOCK_PARENT_MISSING',
        ({ header }) => ({ header: resigned(header, { depends_on: ['a'.repeat(64)] }) }),
      ],
      [
        'follows a block on B',
        'BLOCK_PREV',
        ({ header }) => ({ header: resigned(header, { prev_hash: meta }) }),
      ],
      [
        'is of an unknown type',
        'BLOCK_TYPE_UNKNOWN',
        ({ header }) => ({ header: resigned(header, { block_type: 'poem' }) }),
      ],
      [
        'is of a type of another chain',
        'BLOCK_TYPE_UNKNOWN',
        ({ header }) => ({ header: resigned(header, { chain_id: 'C' }) }),
      ],
      ['has a longer payload', 'BLOCK_PAYLOAD_SIZE', () => ({ payload: new Uint8Array(1001) })],
      ['has another payload', 'BLOCK_PAYLOAD_HASH', () => ({ payload: new Uint8Array(1000) })],
      [
        'has another tile root',
        'BLOCK_PAYLOAD_ROOT',
        ({ header }) => ({ header: resigned(header, { payload_root: payloadRoot(new Uint8Array(3)) }) }),
      ],
      ['has no name', 'BLOCK_RULES_NAME', ({ header }) => ({ header: resigned(header, { name: null }) })],
      [
        'says another layer than its name',
        'BLOCK_RULES_NAME',
        ({ header }) => ({ header: resigned(header, { layer_id: 3 }) }),
      ],
      [
        'belongs to no meta block',
        'BLOCK_RULES_META_MISSING',
        ({ header }) => ({ header: resigned(header, { depends_on: [] }) }),
      ],
      [
        'has a tensor outside its payload',
        'BLOCK_RULES_TENSORS',
        ({ header }) => ({
          header: resigned(header, {
            metadata: { model: 'test', tensors: [{ name: 'gate', offset: 1, length: 1000 }] },
          }),
        }),
      ],
      [
        'has overlapping tensors',
        'BLOCK_RULES_TENSORS',
        ({ header }) => ({
          header: resigned(header, {
            metadata: {
              model: 'test',
              tensors: [
                { name: 'a', offset: 0, length: 9 },
                { name: 'b', offset: 8, length: 9 },
              ],
            },
          }),
        }),
      ],
      [
        'is no TensorBlock',
        'BLOCK_RULES_PAYLOAD_TYPE',
        ({ header }) => ({ header: resigned(header, { payload_type: 'json' }) }),
      ],
    ];

  it.each(cases)('is refused when it %s (%s) and changes nothing', async (_what, code, change) => {
    const good = await expertBlock(sut.author, meta);
    const files = await filesIn(sut.folder);
    expect(await sut.publisher.publish([{ ...good, ...(await change(good)) }])).toMatchObject({
      ok: false,
      error: { code },
    });
    expect(await countBlocks()).toBe(1);
    expect(await filesIn(sut.folder)).toEqual(files);
    expect(await sut.publisher.publish([good])).toMatchObject({ ok: true });
  });

  it('is refused when it does not follow the head of its linear chain', async () => {
    expect(await sut.publisher.publish([await metaBlock(sut.author, null, { other: 1 })])).toMatchObject({
      error: { code: 'BLOCK_PREV' },
    });
    const [a, b] = await Promise.all([
      metaBlock(sut.author, meta, { a: 1 }),
      metaBlock(sut.author, meta, { b: 1 }),
    ]);
    expect(await sut.publisher.publish([a, b])).toMatchObject({ error: { code: 'BLOCK_PREV' } });
    expect(await countBlocks()).toBe(1);
  });

  it('is refused when its payload is not canonical JSON', async () => {
    const payload = utf8ToBytes('{ "spaced": 1 }');
    const header = await sut.author.create({
      chain: 'A',
      type: 'meta',
      payload,
      payloadType: 'json',
      prevHash: meta,
      timestamp: TEST_NOW,
    });
    expect(await sut.publisher.publish([{ header, payload }])).toMatchObject({
      error: { code: 'BLOCK_RULES_JSON' },
    });
  });

  it('is refused when it is a release that names blocks it does not depend on, or the wrong ones', async () => {
    const weight = await expertBlock(sut.author, meta);
    const [{ hash }] = unwrap(await sut.publisher.publish([weight]));
    const publish = async (changes: Record<string, unknown>, dependsOn: string[]) => {
      const release = {
        model: 'test',
        version: '1.0.0',
        meta,
        tokenizer: null,
        weights: { a: hash },
        parent: null,
        ...changes,
      };
      const payload = utf8ToBytes(canonicalJson(release as never));
      const header = await sut.author.create({
        chain: 'A',
        type: 'release',
        payload,
        payloadType: 'json',
        prevHash: meta,
        dependsOn,
        timestamp: TEST_NOW,
      });
      const result = await sut.publisher.publish([{ header, payload }]);
      return result.ok ? 'ok' : result.error.code;
    };
    expect(await publish({}, [meta])).toBe('BLOCK_RULES_RELEASE');
    expect(await publish({ meta: hash }, [meta, hash])).toBe('BLOCK_RULES_RELEASE');
    expect(await publish({ weights: { a: meta } }, [meta, hash])).toBe('BLOCK_RULES_RELEASE');
    expect(await publish({ version: '1.0' }, [meta, hash])).toBe('BLOCK_RULES_RELEASE');
    expect(await publish({ extra: 1 }, [meta, hash])).toBe('BLOCK_RULES_RELEASE');
    expect(await publish({}, [meta, hash])).toBe('ok');
  });

  it('is refused by rules that other modules registered', async () => {
    sut.rules.register('expert', async ({ header, digest }) => {
      expect(digest.hash).toBe(header.payload_hash);
      return { ok: false, error: Object.assign(new Error('no'), { code: 'BLOCK_RULES_TEST' }) as never };
    });
    expect(await sut.publisher.publish([await expertBlock(sut.author, meta)])).toMatchObject({
      error: { code: 'BLOCK_RULES_TEST' },
    });
  });

  it('gives strangers work to do', async () => {
    const strict = await openChain({ difficulty: 8 });
    try {
      const stranger = secp256k1Signer(createHash('sha256').update('stranger').digest());
      const draft = (await metaBlock(strict.author, null)).header;
      const unsigned = { ...draft, miner_pub: Buffer.from(stranger.publicKey).toString('hex') };
      const payload = utf8ToBytes(canonicalJson({ family: 'test', facts: {} }));
      let lazy = { ...unsigned, nonce: 0 };
      while (hashHeader(lazy).startsWith('00')) lazy = { ...lazy, nonce: lazy.nonce + 1 };
      expect(await strict.publisher.publish([{ header: signHeader(lazy, stranger), payload }])).toMatchObject(
        {
          error: { code: 'BLOCK_WORK' },
        },
      );
      const worked = signHeader(mineNonce(unsigned, 8)!, stranger);
      expect(await strict.publisher.publish([{ header: worked, payload }])).toMatchObject({ ok: true });
    } finally {
      await strict.close();
    }
  });
});

describe('a disk that cannot be written', () => {
  it('refuses with STORAGE_READ_ONLY or its like and leaves the chain as it was', async () => {
    const input = await expertBlock(sut.author, meta);
    const blocked = join(sut.folder, 'blobs/payloads', input.header.payload_hash.slice(0, 2));
    await writeFile(blocked, 'a file where a folder must be');
    await chmod(blocked, 0o400);
    const result = await sut.publisher.publish([input]);
    expect(result).toMatchObject({ ok: false, error: { code: 'STORAGE_FAILED' } });
    expect(await countBlocks()).toBe(1);
    expect(await readdir(join(sut.folder, 'blobs/payloads/incoming'))).toEqual([]);
  });
});

function highS(signature: string): string {
  const order = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');
  return signature.slice(0, 64) + (order - BigInt(`0x${signature.slice(64)}`)).toString(16).padStart(64, '0');
}

async function* chunks(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
