import { rmSync } from 'node:fs';
import { Logger, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { AuthModule } from '../../src/auth/index.js';
import { BlockAuthor, BlockPublisher, Fsck, type BlockHeader } from '../../src/chain/index.js';
import { concatBytes, unwrap, type Json } from '../../src/common/index.js';
import { ConfigModule } from '../../src/config/index.js';
import { DatabaseModule, externalDatabase } from '../../src/database/index.js';
import {
  ExpertsModule,
  Importer,
  ParameterIndex,
  Promotion,
  type ReleaseView,
} from '../../src/experts/index.js';
import { encodeTensorBlock, type TensorSpec } from '../../src/experts/tensorblock/index.js';
import { KeysModule } from '../../src/keys/index.js';
import { AccountJournalModule } from '../../src/log/index.js';
import { EventsModule, MonitoringModule } from '../../src/monitoring/index.js';
import { createHttpApplication, WebModule } from '../../src/web/index.js';
import { tinyCheckpoint, weights } from '../factories/checkpoint.js';
import { createTestDatabase, temporaryFolder, testConfig } from '../support/index.js';

Logger.overrideLogger(false);

let app: NestFastifyApplication;
let drop: () => Promise<void>;
let live: ReleaseView;
const checkpoint = tinyCheckpoint();

beforeAll(async () => {
  const config = testConfig({ dataDir: temporaryFolder('experts-http') });
  const database = await createTestDatabase();
  drop = database.drop;
  class TestModule {}
  const imports = [
    ConfigModule.forRoot(config),
    EventsModule,
    MonitoringModule,
    KeysModule,
    DatabaseModule.forRoot(externalDatabase(database.url)),
    AccountJournalModule,
    AuthModule,
    ExpertsModule,
    WebModule,
  ];
  Module({})(TestModule);
  const silent = { log: () => undefined, error: () => undefined, warn: () => undefined };
  app = await createHttpApplication({ module: TestModule, imports }, config, silent);
  unwrap(await app.get(Importer).import(checkpoint, { name: 'tiny' }));
  live = (await app.get(ParameterIndex).resolve('tiny')) as ReleaseView;
});
afterAll(async () => {
  await app.close();
  await drop();
  rmSync(checkpoint, { recursive: true, force: true });
});

const get = async (url: string) => {
  const response = await app.inject({ method: 'GET', url });
  return { status: response.statusCode, body: response.json<Record<string, Json>>() };
};
const post = async (url: string, payload?: object) => {
  const response = await app.inject({ method: 'POST', url, payload });
  return { status: response.statusCode, text: response.body };
};
const codeOf = ({ text }: { text: string }) => (JSON.parse(text) as { code: string }).code;

/** An expert block for the tiny model, signed by this node; `seed` makes it a new one. */
async function expertBlock(seed: number, change: { rows?: number; name?: string; value?: number } = {}) {
  const spec = (rows: number, columns: number): TensorSpec => ({
    dtype: 'f32',
    layout: 'tile16',
    rows,
    columns,
  });
  const gateRows = change.rows ?? 64;
  const gate = weights(gateRows * 32, seed);
  if (change.value !== undefined) gate[40] = change.value;
  const parts = [
    { name: 'gate', rows: gateRows, columns: 32, bytes: encodeTensorBlock(spec(gateRows, 32), gate) },
    { name: 'up', rows: 64, columns: 32, bytes: encodeTensorBlock(spec(64, 32), weights(64 * 32, seed + 1)) },
    {
      name: 'down',
      rows: 32,
      columns: 64,
      bytes: encodeTensorBlock(spec(32, 64), weights(32 * 64, seed + 2)),
    },
  ];
  let offset = 0;
  const tensors = parts.map(({ name, rows, columns, bytes }) => {
    const entry = { name, offset, length: bytes.length, rows, columns, dtype: 'f32' };
    offset += bytes.length;
    return entry;
  });
  const payload = concatBytes(...parts.map(({ bytes }) => bytes));
  const header = await app.get(BlockAuthor).create({
    chain: 'B',
    type: 'expert',
    name: change.name ?? 'layer0.expert0',
    layer: 0,
    payload,
    payloadType: 'tensorblock',
    dependsOn: [live.meta],
    metadata: { model: 'tiny', dtype: 'f32', tensors },
    timestamp: live.timestamp,
  });
  return { header, payload };
}

function multipart(blocks: readonly { header: BlockHeader | string; payload: Uint8Array }[]) {
  const boundary = 'stemma-test-boundary';
  const parts: Uint8Array[] = [];
  const text = (line: string) => parts.push(Buffer.from(`${line}\r\n`));
  for (const { header, payload } of blocks) {
    const json = typeof header === 'string' ? header : JSON.stringify(header);
    text(`--${boundary}\r\ncontent-disposition: form-data; name="header"\r\n\r\n${json}`);
    text(
      `--${boundary}\r\ncontent-disposition: form-data; name="payload"; filename="expert.bin"\r\ncontent-type: application/octet-stream\r\n`,
    );
    parts.push(payload);
    text('');
  }
  text(`--${boundary}--`);
  return {
    method: 'POST' as const,
    url: '/upload_moe_experts',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    payload: Buffer.concat(parts),
  };
}

const upload = async (blocks: Parameters<typeof multipart>[0]) => {
  const response = await app.inject(multipart(blocks));
  return { status: response.statusCode, text: response.body };
};

describe('models over HTTP', () => {
  it('lists models with their live release, and releases', async () => {
    expect((await get('/models')).body).toMatchObject({
      items: [{ name: 'tiny', live: { release: live.release, version: '1.0.0', dtype: 'q8' }, releases: 1 }],
      next_cursor: null,
    });
    expect((await get('/models/tiny/releases')).body).toMatchObject({
      items: [{ release: live.release, live: true }],
    });
    expect(await get('/models/nothing/releases')).toMatchObject({
      status: 404,
      body: { code: 'MODEL_UNKNOWN' },
    });
    expect(await get('/models?limit=0')).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(await get('/models?cursor=zzz')).toMatchObject({ status: 400, body: { code: 'CURSOR_INVALID' } });
  });

  it('streams the progress of an import and ends with the release', async () => {
    const { status, text } = await post('/models/import', {
      folder: checkpoint,
      name: 'streamed',
      dtype: 'f32',
    });
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, object>);
    expect(status).toBe(200);
    expect(lines[0].progress).toMatchObject({ step: 'embedding' });
    expect(lines.at(-1)?.release).toMatchObject({ model: 'streamed', version: '1.0.0', created: true });
  });

  it('answers an ordinary problem when an import is refused at once', async () => {
    const refused = await post('/models/import', { folder: '/nowhere' });
    expect([refused.status, codeOf(refused)]).toEqual([422, 'IMPORT_FOLDER']);
    expect(codeOf(await post('/models/import', { folder: checkpoint, dtype: 'q2' }))).toBe('IMPORT_OPTION');
    expect(codeOf(await post('/models/import', { folder: checkpoint, other: 1 }))).toBe('VALIDATION_FAILED');
  });

  it('promotes, and refuses what is not there', async () => {
    const promoted = await post('/models/tiny/releases/1.0.0/promote');
    expect([promoted.status, JSON.parse(promoted.text)]).toMatchObject([200, { live: true, moved: false }]);
    expect(codeOf(await post('/models/tiny/releases/9.0.0/promote'))).toBe('RELEASE_UNKNOWN');
    expect(codeOf(await post('/models/tiny/releases/latest/promote'))).toBe('VALIDATION_FAILED');
  });

  it('lists experts with their use, and tells of the cache', async () => {
    const { body } = await get('/experts/top?limit=2&model=tiny');
    expect(body).toMatchObject({ items: [{ name: 'layer0.expert0', uses: 0, load_ms: null }, {}], total: 6 });
    expect((await get('/experts/stats/layer1.expert2?model=tiny')).body).toMatchObject({
      releases: [{ layer: 1, expert: 2 }],
    });
    expect(await get('/experts/stats/layer9.expert9')).toMatchObject({
      status: 404,
      body: { code: 'EXPERT_UNKNOWN' },
    });
    expect((await get('/experts/cache')).body).toMatchObject({
      ...{ bytes: 0, hits: 0, hit_rate: null, policy: null, prefetch: null, lab: null },
    });
  });
});

describe('uploading experts', () => {
  it('takes several blocks in one multipart request; again is no error', async () => {
    const blocks = [await expertBlock(100), await expertBlock(200, { name: 'layer0.expert1' })];
    const first = await upload(blocks);
    expect([first.status, JSON.parse(first.text)]).toMatchObject([
      200,
      {
        items: [
          { name: 'layer0.expert0', created: true },
          { name: 'layer0.expert1', created: true },
        ],
      },
    ]);
    expect(JSON.parse((await upload(blocks)).text)).toMatchObject({
      items: [{ created: false }, { created: false }],
    });
    const [{ hash }] = (JSON.parse(first.text) as { items: { hash: string }[] }).items;
    expect((await get(`/chain/B/blocks/${hash}`)).body).toMatchObject({ hash, uploaded_by: 'local' });
    // It is recorded once, and the block's own leaf is still the one that is found by its hash.
    const leaves = async (subject: string) =>
      (await get(`/log/entries?subject=${subject}`)).body.items as unknown as object[];
    expect(await leaves(`upload:${hash}`)).toMatchObject([{ kind: 'block.uploaded', actor: 'local' }]);
    expect(await leaves(hash)).toMatchObject([{ kind: 'block' }]);
    expect((await get(`/chain/A/blocks/${live.meta}`)).body).toMatchObject({ uploaded_by: null });
  });

  it('accepts all blocks of a request or none', async () => {
    const [good, bad] = [await expertBlock(300), await expertBlock(400, { rows: 48 })];
    expect(codeOf(await upload([good, bad]))).toBe('BLOCK_RULES_WEIGHTS');
    expect(JSON.parse((await upload([good])).text)).toMatchObject({ items: [{ created: true }] });
  });

  it.each<[string, () => Promise<Parameters<typeof multipart>[0]>, string]>([
    ['NaN', async () => [await expertBlock(500, { value: NaN })], 'BLOCK_RULES_WEIGHTS'],
    [
      'an expert the model does not have',
      async () => [await expertBlock(500, { name: 'layer0.expert3' })],
      'BLOCK_RULES_WEIGHTS',
    ],
    [
      'a payload that was cut',
      async () => [{ ...(await expertBlock(500)), payload: new Uint8Array(64) }],
      'BLOCK_PAYLOAD_SIZE',
    ],
    [
      'a payload that is too long',
      async () => {
        const { header, payload } = await expertBlock(500);
        return [{ header, payload: concatBytes(payload, new Uint8Array(1000)) }];
      },
      'BLOCK_PAYLOAD_SIZE',
    ],
    [
      'a payload with one bit changed',
      async () => {
        const { header, payload } = await expertBlock(500);
        const changed = payload.slice();
        changed[777] ^= 1;
        return [{ header, payload: changed }];
      },
      'BLOCK_PAYLOAD_HASH',
    ],
    ['a header that is not JSON', async () => [{ ...(await expertBlock(500)), header: '{' }], 'UPLOAD_PARTS'],
    [
      'a changed header',
      async () => {
        const { header, payload } = await expertBlock(500);
        return [{ header: { ...header, timestamp: header.timestamp + 1 }, payload }];
      },
      'BLOCK_SIGNATURE',
    ],
    ['nothing', () => Promise.resolve([]), 'UPLOAD_PARTS'],
  ])('refuses %s', async (_, make, code) => {
    const before = await get('/chain/status');
    expect(codeOf(await upload(await make()))).toBe(code);
    expect(await get('/chain/status')).toEqual(before);
  });

  it('takes a payload in chunks, whatever is interrupted, and publishes it once it is whole', async () => {
    const { header, payload } = await expertBlock(600);
    const begin = async () =>
      JSON.parse((await post('/upload_moe_experts', { headers: [header] })).text) as { upload_id: string };
    const { upload_id: id } = await begin();
    const chunk = async (offset: number, bytes: Uint8Array) => {
      const response = await app.inject({
        method: 'PUT',
        url: `/upload_moe_experts/${id}/${header.payload_hash}?offset=${offset}`,
        headers: { 'content-type': 'application/octet-stream' },
        payload: Buffer.from(bytes),
      });
      return { status: response.statusCode, text: response.body };
    };
    expect(JSON.parse((await chunk(0, payload.subarray(0, 5000))).text)).toMatchObject({
      blocks: [{ received: 5000 }],
    });
    expect(codeOf(await chunk(0, payload.subarray(0, 100)))).toBe('UPLOAD_OFFSET');
    expect(codeOf(await post(`/upload_moe_experts/${id}/complete`))).toBe('UPLOAD_INCOMPLETE');
    expect(codeOf(await chunk(5000, concatBytes(payload.subarray(5000), new Uint8Array(1))))).toBe(
      'UPLOAD_TOO_LARGE',
    );
    expect(await begin()).toMatchObject({
      upload_id: id,
      blocks: [{ received: 5000, size: payload.length }],
    });
    expect((await chunk(5000, payload.subarray(5000))).status).toBe(200);
    const done = await post(`/upload_moe_experts/${id}/complete`);
    const { items } = JSON.parse(done.text) as { items: { hash: string }[] };
    expect(items).toMatchObject([{ name: 'layer0.expert0', created: true }]);
    expect((await get(`/chain/B/blocks/${items[0].hash}`)).body).toMatchObject({ uploaded_by: 'local' });
    expect(await get(`/upload_moe_experts/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'UPLOAD_UNKNOWN' },
    });
  });

  it('judges a payload wherever it lies in memory', async () => {
    const { header, payload } = await expertBlock(700);
    const odd = Buffer.concat([Buffer.from([0]), payload]).subarray(1);
    expect(await app.get(BlockPublisher).publish([{ header, payload: odd }])).toMatchObject({
      value: [{ created: true }],
    });
  });

  it('refuses other bodies and blocks that are no experts', async () => {
    expect(codeOf(await post('/upload_moe_experts', { headers: [] }))).toBe('UPLOAD_BLOCKS');
    expect(codeOf(await post('/upload_moe_experts', { headers: [{}] }))).toBe('BLOCK_SHAPE');
    expect(codeOf(await post('/upload_moe_experts', { other: 1 }))).toBe('VALIDATION_FAILED');
    const router = [...live.weights.values()].find(({ type }) => type === 'router');
    const { body } = await get(`/chain/B/blocks/${router?.block}`);
    expect(codeOf(await post('/upload_moe_experts', { headers: [body.header] }))).toBe('UPLOAD_NOT_EXPERT');
  });
});

describe('fsck of releases', () => {
  it('finds and rebuilds tables that are not what chain and log tell', async () => {
    const fsck = app.get(Fsck);
    const codes = async (repair: boolean) => {
      const { findings, clean } = await fsck.run({ repair, exclusive: false });
      return [clean, findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)];
    };
    unwrap(await app.get(Promotion).promote('tiny', '1.0.0', 'somebody'));
    expect(await codes(false)).toEqual([true, []]);
    const dataSource = app.get(DataSource);
    await dataSource.query(`UPDATE releases SET version = '3.0.0' WHERE model = 'tiny'`);
    await dataSource.query(`UPDATE models SET live_release = NULL WHERE name = 'streamed'`);
    expect(await codes(false)).toEqual([false, ['ROW_RELEASES_WRONG', 'ROW_LIVE_WRONG']]);
    expect(await codes(true)).toEqual([true, []]);
    expect((await app.get(ParameterIndex).resolve('tiny@1.0.0'))?.release).toBe(live.release);
  });
});
