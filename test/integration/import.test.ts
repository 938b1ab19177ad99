import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { BlockAuthor, BlockPublisher, BlockReader } from '../../src/chain/index.js';
import {
  canonicalJson,
  CodedError,
  err,
  EventBus,
  unwrap,
  utf8ToBytes,
  type Json,
  type Result,
} from '../../src/common/index.js';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import {
  Importer,
  ParameterIndex,
  Promotion,
  QualityMeters,
  ReleaseCatalog,
  toEngineModel,
  type EngineModelView,
  type ReleaseView,
} from '../../src/experts/index.js';
import {
  safetensors,
  shardedCheckpoint,
  tinyCheckpoint,
  tinyTensors,
  weights,
} from '../factories/checkpoint.js';
import { openExperts, type ExpertsUnderTest } from './import-support.js';

const folders: string[] = [];
const keep = (folder: string) => {
  folders.push(folder);
  return folder;
};
const codeOf = (result: Result<unknown>) => (result.ok ? 'OK' : result.error.code);

let sut: ExpertsUnderTest;
let importer: Importer;
let index: ParameterIndex;

beforeEach(async () => {
  sut = await openExperts();
  importer = sut.app.get(Importer);
  index = sut.app.get(ParameterIndex);
});
afterEach(() => sut.close());
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

const resolve = async (name: string) => (await index.resolve(name)) as ReleaseView;
const payloadHashes = (view: ReleaseView) => [...view.weights.values()].map(({ payloadHash }) => payloadHash);
const blockHashes = (view: ReleaseView) => [...view.weights.values()].map(({ block }) => block);

describe('importing a checkpoint', () => {
  it('gives a live release whose every weight is a block with a verified payload', async () => {
    const events: unknown[] = [];
    sut.app.get(EventBus).on('release.live', (event) => events.push(event));
    const steps: number[] = [];
    const summary = unwrap(
      await importer.import(keep(tinyCheckpoint()), { name: 'tiny' }, ({ done, total }) =>
        steps.push(done / total),
      ),
    );
    expect(summary).toMatchObject({
      model: 'tiny',
      version: '1.0.0',
      blocks: 12,
      created_blocks: 12,
      created: true,
    });
    const view = await resolve('tiny');
    expect([view.release, view.version, view.dtype]).toEqual([summary.release, '1.0.0', 'q8']);
    for (const { path, payloadHash } of toEngineModel(view).blocks) {
      expect(nativeSha256Hex(readFileSync(path))).toBe(payloadHash);
    }
    expect(steps.at(-1)).toBe(1);
    expect(events).toEqual([{ model: 'tiny', version: '1.0.0', release: summary.release }]);
    expect(sut.incoming()).toEqual([]);
    const logged = await sut.app
      .get(DataSource)
      .query<{ kind: string }[]>('SELECT kind FROM log_entries ORDER BY id');
    expect(logged.map(({ kind }) => kind)).toEqual([...Array<string>(14).fill('block'), 'release.promoted']);
  });

  it('shows the exact weights to whoever compares, and imports whatever comes of it', async () => {
    const seen: string[] = [];
    const compare = (_release: string, { blocks }: EngineModelView) => {
      for (const { path, payloadHash } of blocks) {
        expect(nativeSha256Hex(readFileSync(path))).toBe(payloadHash);
        seen.push(path);
      }
      return Promise.resolve(err(new CodedError('ENGINE_UNAVAILABLE', 'not today')));
    };
    const q4 = { name: 'tiny', dtype: 'q4' } as const;
    const alone = unwrap(await importer.import(keep(tinyCheckpoint()), q4));
    expect(alone.quality).toEqual({ not_measured: 'nothing here can compute answers' });
    sut.app.get(QualityMeters).register({ compare });
    const summary = unwrap(await importer.import(keep(tinyCheckpoint()), q4));
    expect(summary.quality).toEqual({ not_measured: 'ENGINE_UNAVAILABLE: not today' });
    expect(seen).toHaveLength(12);
    expect(sut.incoming()).toEqual([]);
    const unasked = unwrap(await importer.import(keep(tinyCheckpoint()), { ...q4, measure: false }));
    expect(unasked).not.toHaveProperty('quality');
  });

  it('gives the same blocks for one file and for shards, and nothing new the second time', async () => {
    const first = unwrap(await importer.import(keep(tinyCheckpoint()), { name: 'tiny' }));
    const sharded = unwrap(await importer.import(keep(shardedCheckpoint()), { name: 'tiny' }));
    expect(sharded).toEqual({ ...first, created: false, created_blocks: 0 });
    const { height } = await sut.app.get(BlockReader).head('A');
    expect(height).toBe(2);
  });

  it('gives the same payloads on another node, under its own signature', async () => {
    unwrap(await importer.import(keep(tinyCheckpoint()), { name: 'tiny', dtype: 'f32' }));
    const other = await openExperts();
    try {
      unwrap(await other.app.get(Importer).import(keep(tinyCheckpoint()), { name: 'tiny', dtype: 'f32' }));
      const theirs = (await other.app.get(ParameterIndex).resolve('tiny')) as ReleaseView;
      const ours = await resolve('tiny');
      expect(payloadHashes(theirs)).toEqual(payloadHashes(ours));
      expect(blockHashes(theirs)).not.toEqual(blockHashes(ours));
    } finally {
      await other.close();
    }
  });

  it('makes a patch release of changed weights, sharing the blocks that stayed, and promotes it when told', async () => {
    const first = unwrap(await importer.import(keep(tinyCheckpoint()), { name: 'tiny' }));
    const better = { shape: [64, 32], data: weights(64 * 32, 99) };
    const changed = keep(tinyCheckpoint({ 'model.layers.1.block_sparse_moe.experts.2.w1.weight': better }));
    const second = unwrap(await importer.import(changed, { name: 'tiny' }));
    expect(second).toMatchObject({ version: '1.0.1', parent: first.release, created_blocks: 1 });
    const [before, after] = [await resolve('tiny@1.0.0'), await resolve('tiny@1.0.1')];
    const different = [...before.weights.keys()].filter(
      (name) => before.weights.get(name)?.block !== after.weights.get(name)?.block,
    );
    expect(different).toEqual(['layer1.expert2']);
    expect((await resolve('tiny')).version).toBe('1.0.0');
    const promotion = sut.app.get(Promotion);
    expect(unwrap(await promotion.promote('tiny', '1.0.1', 'somebody'))).toMatchObject({
      previous: first.release,
      moved: true,
    });
    expect(unwrap(await promotion.promote('tiny', '1.0.1', 'somebody'))).toMatchObject({ moved: false });
    expect((await resolve('tiny')).version).toBe('1.0.1');
    expect(codeOf(await promotion.promote('tiny', '7.0.0', 'somebody'))).toBe('RELEASE_UNKNOWN');
    const [entry] = await sut.app
      .get(DataSource)
      .query<{ leaf: string }[]>(
        "SELECT leaf FROM log_entries WHERE kind = 'release.promoted' ORDER BY id DESC LIMIT 1",
      );
    expect(JSON.parse(entry.leaf)).toMatchObject({
      subject: 'tiny',
      actor: 'somebody',
      hash: second.release,
    });
  });

  it('asks for versions that tell how much changed', async () => {
    unwrap(await importer.import(keep(tinyCheckpoint()), { name: 'tiny', version: '2.1.0' }));
    const longer = keep(tinyCheckpoint({}, { max_position_embeddings: 128 }));
    expect(codeOf(await importer.import(longer, { name: 'tiny', version: '2.1.1' }))).toBe('RELEASE_VERSION');
    expect(codeOf(await importer.import(longer, { name: 'tiny', version: '2.1.0' }))).toBe(
      'RELEASE_VERSION_TAKEN',
    );
    expect(unwrap(await importer.import(longer, { name: 'tiny' })).version).toBe('2.2.0');
    const slower = keep(tinyCheckpoint({}, { rope_theta: 500 }));
    expect(unwrap(await importer.import(slower, { name: 'tiny' })).version).toBe('3.0.0');
  });

  it('leaves no release and no staged file behind when a weight is broken, and goes through once it is mended', async () => {
    const folder = keep(tinyCheckpoint());
    const name = 'model.layers.1.block_sparse_moe.experts.2.w2.weight';
    const tensors = tinyTensors();
    const broken = Float32Array.from(tensors[name].data);
    broken[2047] = Infinity;
    writeFileSync(
      join(folder, 'model.safetensors'),
      safetensors({ ...tensors, [name]: { shape: [32, 64], data: broken } }),
    );
    expect(await importer.import(folder, { name: 'tiny' })).toMatchObject({
      error: { code: 'IMPORT_NOT_FINITE', facts: { tensor: name, row: 31, column: 63 } },
    });
    expect(await index.models()).toEqual([]);
    expect(sut.incoming()).toEqual([]);
    writeFileSync(join(folder, 'model.safetensors'), safetensors(tensors));
    expect(codeOf(await importer.import(folder, { name: 'tiny' }))).toBe('OK');
  });

  it('stops when told, and the next attempt takes up the blocks that are on the chain', async () => {
    const folder = keep(tinyCheckpoint({}, { num_hidden_layers: 8 }));
    const stop = new AbortController();
    const refused = await importer.import(folder, { name: 'deep', signal: stop.signal }, ({ step }) => {
      if (step === 'layer7.router') stop.abort();
    });
    expect(codeOf(refused)).toBe('IMPORT_ABORTED');
    expect(sut.incoming()).toEqual([]);
    expect(await index.models()).toEqual([]);
    const steps = new Set<string>();
    const summary = unwrap(await importer.import(folder, { name: 'deep' }, ({ step }) => steps.add(step)));
    expect(summary).toMatchObject({ blocks: 42, created_blocks: 10 });
    expect(steps.size).toBe(42);
  });

  it('publishes no release when told during the last block', async () => {
    const folder = keep(tinyCheckpoint());
    const stop = new AbortController();
    const refused = await importer.import(
      folder,
      { name: 'late', signal: stop.signal },
      ({ done, total }) => {
        if (done === total) stop.abort();
      },
    );
    expect([codeOf(refused), await index.models()]).toEqual(['IMPORT_ABORTED', []]);
    expect(codeOf(await importer.import(folder, { name: 'late' }))).toBe('OK');
  });

  it.each<[string, Record<string, unknown>]>([
    ['name', { name: 'Not A Name' }],
    ['version', { version: '1.0' }],
    ['dtype', { dtype: 'q2' }],
    ['timestamp', { timestamp: -1 }],
  ])('refuses a bad %s', async (option, options) => {
    expect(await importer.import(keep(tinyCheckpoint()), options)).toMatchObject({
      error: { code: 'IMPORT_OPTION', facts: { option } },
    });
  });

  it('does one import at a time', async () => {
    const first = importer.import(keep(tinyCheckpoint()), { name: 'one' });
    expect(codeOf(await importer.import(keep(tinyCheckpoint()), { name: 'two' }))).toBe('IMPORT_BUSY');
    expect(codeOf(await first)).toBe('OK');
  });

  it('rebuilds its table from the chain alone', async () => {
    unwrap(await importer.import(keep(tinyCheckpoint()), { name: 'tiny' }));
    const catalog = sut.app.get(ReleaseCatalog);
    const before = await catalog.releases('tiny');
    await sut.app.get(DataSource).query('DELETE FROM models; DELETE FROM releases');
    await catalog.sync();
    expect(await catalog.releases('tiny')).toEqual(before);
  });
});

describe('a release block made elsewhere', () => {
  /** Offers a release that names what the live one does, with changes. */
  async function offer(changes: Record<string, Json>): Promise<string> {
    const view = await resolve('tiny');
    const weights = Object.fromEntries([...view.weights].map(([name, { block }]) => [name, block]));
    const { meta, tokenizer, release: parent } = view;
    const payload: Record<string, Json> = {
      model: 'tiny',
      version: '1.0.1',
      meta,
      tokenizer,
      weights,
      parent,
      ...changes,
    };
    const named = [payload.meta, payload.parent, ...Object.values(payload.weights as Record<string, string>)];
    const bytes = utf8ToBytes(canonicalJson(payload));
    const published = await sut.app.get(BlockPublisher).appendLinear('A', async (head) => {
      const header = await sut.app.get(BlockAuthor).create({
        chain: 'A',
        type: 'release',
        name: 'tiny',
        payload: bytes,
        payloadType: 'json',
        dependsOn: named.filter((hash): hash is string => typeof hash === 'string'),
        prevHash: head,
        metadata: { model: 'tiny' },
        timestamp: view.timestamp,
      });
      return [{ header, payload: bytes }];
    });
    return codeOf(published);
  }

  it('is judged by what only this module knows, and taken in when it is right', async () => {
    unwrap(await importer.import(keep(tinyCheckpoint()), { name: 'tiny' }));
    const { weights } = await resolve('tiny');
    const hashes = Object.fromEntries([...weights].map(([name, { block }]) => [name, block]));
    const { head: _head, ...headless } = hashes;
    expect(await offer({ version: '1.0.0' })).toBe('BLOCK_RULES_VERSION_TAKEN');
    expect(await offer({ version: '0.9.0' })).toBe('BLOCK_RULES_VERSION');
    expect(await offer({ weights: headless })).toBe('BLOCK_RULES_INCOMPLETE');
    const swapped = { ...hashes, 'layer0.expert0': hashes['layer0.expert1'] };
    expect(await offer({ weights: swapped })).toBe('BLOCK_RULES_INCOMPLETE');
    expect(await offer({})).toBe('OK');
    await sut.app.get(ReleaseCatalog).sync();
    expect((await resolve('tiny@1.0.1')).weights).toEqual(weights);
    expect((await resolve('tiny')).version).toBe('1.0.0');
  });
});

describe('first start', () => {
  it('imports the genesis model once', async () => {
    const own = await openExperts({ importGenesis: true });
    try {
      const view = (await own.app.get(ParameterIndex).resolve('genesis')) as ReleaseView;
      expect([view.version, view.weights.size]).toEqual(['1.0.0', 62]);
      expect(view.tokenizer).not.toBeNull();
    } finally {
      await own.close();
    }
  });
});
