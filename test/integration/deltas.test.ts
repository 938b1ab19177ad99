import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { Logger, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuthModule } from '../../src/auth/index.js';
import {
  applyDelta,
  BlockAuthor,
  BlockPublisher,
  BlockReader,
  BlockStores,
  Fsck,
  makeDelta,
  readDelta,
  type BlockHeader,
} from '../../src/chain/index.js';
import { encodeDeltaBlock } from '../../src/chain/delta/delta-header.js';
import { unwrap, type Json } from '../../src/common/index.js';
import { nativeSha256 } from '../../src/common/native-hash.js';
import { AppConfig, ConfigModule } from '../../src/config/index.js';
import { DatabaseModule, externalDatabase } from '../../src/database/index.js';
import {
  deltaSections,
  ExpertsModule,
  Importer,
  ParameterIndex,
  PayloadPacker,
  Promotion,
  ReleaseAuthor,
  type ReleaseView,
} from '../../src/experts/index.js';
import { PackCandidates } from '../../src/experts/delta/pack-candidates.js';
import { KeysModule } from '../../src/keys/index.js';
import { AccountJournalModule } from '../../src/log/index.js';
import { EventsModule, MonitoringModule } from '../../src/monitoring/index.js';
import { createHttpApplication, WebModule } from '../../src/web/index.js';
import { tinyCheckpoint } from '../factories/checkpoint.js';
import { createTestDatabase, temporaryFolder, testConfig } from '../support/index.js';

Logger.overrideLogger(false);

const EXPERT = 'layer0.expert0';
let app: NestFastifyApplication;
let drop: () => Promise<void>;
let live: ReleaseView;
let stores: BlockStores;
const checkpoint = tinyCheckpoint();

beforeAll(async () => {
  // A busy machine is slow, and that is not what is tested.
  const config = testConfig({
    dataDir: temporaryFolder('deltas'),
    deltaColdHours: 168,
    deltaLoadMs: 600_000,
  });
  const database = await createTestDatabase();
  drop = database.drop;
  class TestModule {}
  const imports = [
    ...[ConfigModule.forRoot(config), EventsModule, MonitoringModule, KeysModule],
    DatabaseModule.forRoot(externalDatabase(database.url)),
    ...[AccountJournalModule, AuthModule, ExpertsModule, WebModule],
  ];
  Module({})(TestModule);
  const silent = { log: () => undefined, error: () => undefined, warn: () => undefined };
  app = await createHttpApplication({ module: TestModule, imports }, config, silent);
  unwrap(await app.get(Importer).import(checkpoint, { name: 'tiny' }));
  live = (await app.get(ParameterIndex).resolve('tiny')) as ReleaseView;
  stores = app.get(BlockStores);
});
afterAll(async () => {
  await app.close();
  await drop();
  rmSync(checkpoint, { recursive: true, force: true });
});

interface Version {
  readonly header: BlockHeader;
  readonly payload: Uint8Array;
}
type Published = Version & { readonly hash: string };

/** An expert as training would leave it: a few integers of its parent's are others. @param by which ones, and how much */
async function next(parent: string, by: number): Promise<Version> {
  const before = (await app.get(BlockReader).header(parent))!.header;
  const payload = new Uint8Array(unwrap(await app.get(BlockReader).payload(parent)));
  const tiles = unwrap(deltaSections(before, payload))[0].length;
  for (let i = 0; i < 3; i++) payload[tiles + 64 + by * 3 + i] = (by % 100) + i;
  return { header: await headerOf(payload, { ...before.metadata, parent }), payload };
}

function headerOf(payload: Uint8Array, metadata: BlockHeader['metadata']): Promise<BlockHeader> {
  const { parent } = metadata;
  return app.get(BlockAuthor).create({
    ...{ chain: 'B', type: 'expert', name: EXPERT, layer: 0, payload, payloadType: 'tensorblock', metadata },
    dependsOn: typeof parent === 'string' ? [live.meta, parent] : [live.meta],
    timestamp: live.timestamp,
  });
}

/** Publishes it; nobody has used it for years. */
async function publish(version: Version): Promise<Published> {
  const [{ hash }] = unwrap(await app.get(BlockPublisher).publish([version]));
  const published = { ...version, hash };
  neglect(published);
  return published;
}

const fileOf = ({ header }: Version) => stores.payloads.path(header.payload_hash)!;
const neglect = (version: Version) => utimesSync(fileOf(version), 1, 1);
const parent = () => live.weights.get(EXPERT)!.block;
const pack = () => app.get(PayloadPacker).run();
const fsck = async (repair = false) => {
  const { findings } = await app.get(Fsck).run({ repair, exclusive: false });
  return findings.map(({ code, subject }) => [code, subject]);
};

async function deltaOf(version: Version, from = parent()): Promise<Uint8Array> {
  const { header, payload } = version;
  const parentPayload = unwrap(await app.get(BlockReader).payload(from));
  const sections = unwrap(deltaSections(header, payload));
  return unwrap(await makeDelta({ parent: from, parentPayload, payload, sections }));
}

async function call(method: 'GET' | 'PUT' | 'POST', url: string, body?: Uint8Array | object) {
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : body;
  const type = body instanceof Uint8Array ? 'application/octet-stream' : 'application/json';
  const headers = body === undefined ? {} : { 'content-type': type };
  const response = await app.inject({ method, url, headers, payload: bytes });
  const isJson = String(response.headers['content-type']).includes('json');
  const answer = isJson ? response.json<Record<string, Json>>() : {};
  return { status: response.statusCode, bytes: response.rawPayload, answer };
}

describe('uploading an expert as the delta from its parent', () => {
  let version: Version;
  let path: string;
  beforeAll(async () => {
    version = await next(parent(), 900);
    const { answer } = await call('POST', '/upload_moe_experts', { headers: [version.header] });
    path = `/upload_moe_experts/${String(answer.upload_id)}`;
  });
  const send = (delta: Uint8Array, payload = version.header.payload_hash) =>
    call('PUT', `${path}/${payload}/delta`, delta);

  it('refuses what is no delta of this payload, and keeps nothing of it', async () => {
    const good = await deltaOf(version);
    const other = await next(parent(), 901);
    const router = live.weights.get('layer0.router')!.block;
    const refused = async (delta: Uint8Array, code: string) =>
      expect((await send(delta)).answer).toMatchObject({ code });
    await refused(new Uint8Array(20), 'DELTA_BLOCK_FORMAT');
    await refused(good.subarray(0, good.length - 1), 'DELTA_BLOCK_FORMAT');
    await refused(await deltaOf(other), 'DELTA_BLOCK_PARENT');
    await refused(new Uint8Array(version.payload.length), 'UPLOAD_TOO_LARGE');
    const { header, body } = unwrap(readDelta(good));
    const named = (changes: object) =>
      encodeDeltaBlock({ header: { ...header, ...changes }, body }, nativeSha256);
    await refused(named({ parent: router }), 'DELTA_BLOCK_PARENT');
    await refused(named({ parent_payload_hash: 'ab'.repeat(32) }), 'DELTA_BLOCK_PARENT');
    expect((await send(good, 'ab'.repeat(32))).answer).toMatchObject({ code: 'UPLOAD_UNKNOWN' });
    expect((await call('GET', path)).answer).toMatchObject({ blocks: [{ received: 0 }] });
  });

  it('makes the exact payload of it, which is then published as any other', async () => {
    const delta = await deltaOf(version);
    expect(delta.length).toBeLessThan(version.payload.length / 4);
    const { status, answer } = await send(delta);
    expect([status, answer]).toMatchObject([200, { blocks: [{ received: version.payload.length }] }]);
    const done = await call('POST', `${path}/complete`);
    const [{ hash }] = done.answer.items as { hash: string }[];
    const { bytes } = await call('GET', `/chain/B/blocks/${hash}/payload`);
    expect(Buffer.compare(bytes, version.payload)).toBe(0);
    expect((await call('GET', `/chain/B/blocks/${hash}/delta`)).answer).toMatchObject({ code: 'DELTA_NONE' });
  });
});

describe('payloads that nobody uses', () => {
  it('lie as deltas, and are shown whole to everybody', async () => {
    const version = await publish(await next(parent(), 1));
    const report = await pack();
    expect(report).toMatchObject({ packed: 1, keptWhole: 0 });
    expect(report.deltaBytes).toBeLessThan(report.payloadBytes / 4);
    expect(existsSync(fileOf(version))).toBe(false);
    expect(existsSync(stores.payloads.path(live.weights.get(EXPERT)!.payloadHash)!)).toBe(true);
    expect(await fsck()).toEqual([]);

    const { bytes, status } = await call('GET', `/chain/B/blocks/${version.hash}/delta`);
    const before = unwrap(await app.get(BlockReader).payload(parent()));
    const payload = unwrap(await applyDelta(unwrap(readDelta(bytes)), before));
    expect([status, Buffer.compare(payload, version.payload)]).toEqual([200, 0]);
    const url = `/chain/B/blocks/${version.hash}/payload`;
    const whole = await call('GET', url);
    expect(Buffer.compare(whole.bytes, version.payload)).toBe(0);
    const etag = `"${version.header.payload_hash}"`;
    for (const [headers, status] of [
      [{ 'if-none-match': etag }, 304],
      [{ range: 'bytes=99999999-' }, 416],
    ] as const)
      expect((await app.inject({ method: 'GET', url, headers })).statusCode).toBe(status);
    const reads = jest.spyOn(stores.payloads.deltas, 'read');
    expect(await pack()).toMatchObject({ made: 0, packed: 0, keptWhole: 0 });
    expect(reads).not.toHaveBeenCalled();
    reads.mockRestore();
    expect(existsSync(fileOf(version))).toBe(false);
    const part = await app.inject({ method: 'GET', url, headers: { range: 'bytes=7-99' } });
    expect([part.statusCode, part.rawPayload.equals(version.payload.subarray(7, 100))]).toEqual([206, true]);
    expect(Buffer.compare(readFileSync(fileOf(version)), version.payload)).toBe(0);
  });

  it('are files again for the engine as soon as a release that names them is used, and stay so while it is live', async () => {
    const version = await publish(await next(parent(), 2));
    await pack();
    expect(existsSync(fileOf(version))).toBe(false);
    const weights = Object.fromEntries([...live.weights].map(([name, { block }]) => [name, block]));
    const { config, meta, tokenizer, timestamp } = live;
    const draft = { model: 'tiny', config, meta, tokenizer, dtype: 'q8', timestamp };
    const made = { ...draft, weights: { ...weights, [EXPERT]: version.hash } };
    const { version: name } = unwrap(await app.get(ReleaseAuthor).publish(made));
    const view = (await app.get(ParameterIndex).resolve(`tiny@${name}`))!;
    expect(existsSync(fileOf(version))).toBe(false);
    await app.get(ParameterIndex).hold(view);
    expect(Buffer.compare(readFileSync(view.weights.get(EXPERT)!.path), version.payload)).toBe(0);
    expect(await pack()).toMatchObject({ packed: 0 });
    unwrap(await app.get(Promotion).promote('tiny', name, 'somebody'));
    neglect(version);
    expect(await pack()).toMatchObject({ packed: 0 });
    unwrap(await app.get(Promotion).promote('tiny', live.version, 'somebody'));
    expect(await pack()).toMatchObject({ packed: 1 });
  });

  it('are whole for good where the deltas below them have become half as large, and what follows begins anew there', async () => {
    let version = await publish(await next(parent(), 20));
    const versions = [version];
    for (let i = 1; i < 13; i++) {
      version = await publish(await next(version.hash, 20 + i));
      versions.push(version);
    }
    expect(await pack()).toMatchObject({ made: 13, packed: 12, keptWhole: 1 });
    const whole = versions.findIndex((one) => existsSync(fileOf(one)));
    const sizes = versions.map(({ header }) => stores.payloads.deltas.stat(header.payload_hash));
    const below = (await Promise.all(sizes)).slice(0, whole + 1).map((stat) => stat?.size ?? 0);
    const half = version.payload.length / 2;
    expect(below.pop()).toBe(0);
    const together = below.reduce((sum, size) => sum + size, 0);
    expect([together <= half, together + below[0] > half]).toEqual([true, true]);
    for (const { hash, header, payload } of versions) {
      const { bytes } = await call('GET', `/chain/B/blocks/${hash}/payload`);
      expect(Buffer.compare(bytes, payload)).toBe(0);
      unwrap(await stores.payloads.hold(header.payload_hash));
    }
    versions.forEach(neglect);
    expect(await pack()).toMatchObject({ made: 0, packed: 12, keptWhole: 0 });
    expect(await fsck()).toEqual([]);
  });

  it('stay whole unless packing is asked for', async () => {
    const version = await publish(await next(parent(), 9));
    const asDelivered = app.get(AppConfig).with({ deltaColdHours: testConfig().deltaColdHours });
    const sut = new PayloadPacker(asDelivered, stores, app.get(BlockReader), app.get(PackCandidates));
    expect(await sut.run()).toMatchObject({ made: 1, packed: 0 });
    expect(existsSync(fileOf(version))).toBe(true);
    expect((await call('GET', `/chain/B/blocks/${version.hash}/delta`)).status).toBe(200);
    expect(await pack()).toMatchObject({ made: 0, packed: 1 });
  });

  it('stay whole where making them takes too long', async () => {
    const version = await publish(await next(parent(), 6));
    const impatient = app.get(AppConfig).with({ deltaLoadMs: 0 });
    const sut = new PayloadPacker(impatient, stores, app.get(BlockReader), app.get(PackCandidates));
    expect((await sut.run()).keptWhole).toBeGreaterThan(0);
    expect(existsSync(fileOf(version))).toBe(true);
    expect(await pack()).toMatchObject({ made: 0, packed: 0, keptWhole: 0 });
  });

  it('stay whole where another block without a parent has them, too', async () => {
    const version = await next(parent(), 3);
    const { parent: _, ...metadata } = version.header.metadata;
    await publish(version);
    await publish({ payload: version.payload, header: await headerOf(version.payload, metadata) });
    expect(await pack()).toMatchObject({ made: 0, packed: 0 });
    expect(existsSync(fileOf(version))).toBe(true);
  });

  it('stay whole where the database cannot read what their header says, which keeps no others from being packed', async () => {
    const version = await next(parent(), 12);
    const header = await headerOf(version.payload, { ...version.header.metadata, note: 'a\u0000b' });
    const unreadable = await publish({ header, payload: version.payload });
    const readable = await publish(await next(parent(), 13));
    expect(await pack()).toMatchObject({ packed: 1 });
    expect([unreadable, readable].map((each) => existsSync(fileOf(each)))).toEqual([true, false]);
  });

  it('stay whole where they have little in common with what they came from', async () => {
    const { header, payload } = await next(parent(), 5);
    let at = 0;
    for (const { kind, length } of unwrap(deltaSections(header, payload))) {
      const integers = kind === 'int8_tiles' ? length : 0;
      for (let i = 0; i < integers; i++) if (i % 576 >= 64) payload[at + i] = randomInt(128);
      at += length;
    }
    const version = { payload, header: await headerOf(payload, header.metadata) };
    await publish(version);
    expect(await pack()).toMatchObject({ made: 0, packed: 0, keptWhole: 1 });
    expect(await pack()).toMatchObject({ made: 0, packed: 0, keptWhole: 0 });
    expect(existsSync(fileOf(version))).toBe(true);
  });

  it('are found damaged by fsck, which puts right what is there twice', async () => {
    const version = await publish(await next(parent(), 4));
    await pack();
    const delta = stores.payloads.deltas.path(version.header.payload_hash)!;
    const bytes = readFileSync(delta);
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(delta, bytes);
    for (const headers of [{}, { range: 'bytes=7-99' }]) {
      const url = `/chain/B/blocks/${version.hash}/payload`;
      const { statusCode, headers: sent } = await app.inject({ method: 'GET', url, headers });
      expect([statusCode, String(sent['cache-control']).includes('immutable')]).toEqual([503, false]);
    }
    const codes = (await fsck()).map(([code]) => code);
    expect(codes.sort()).toEqual(['DELTA_WRONG', 'PAYLOAD_WRONG']);
    expect((await fsck(true)).map(([code]) => code).sort()).toEqual(['DELTA_WRONG', 'PAYLOAD_WRONG']);
    unwrap(await stores.payloads.put(version.payload));
    expect((await fsck()).map(([code]) => code)).toEqual(['DELTA_WRONG']);
    expect(await fsck(true)).toEqual([]);
    expect(existsSync(delta)).toBe(false);
  });

  it('are found to be differences from another block, or of no block at all', async () => {
    const [version, never] = [await publish(await next(parent(), 7)), await next(parent(), 8)];
    const other = live.weights.get('layer0.router')!.block;
    const { header, body } = unwrap(readDelta(await deltaOf(version)));
    const wrong = encodeDeltaBlock({ header: { ...header, parent: other }, body }, nativeSha256);
    const [hash, unused] = [version.header.payload_hash, never.header.payload_hash];
    unwrap(await stores.payloads.deltas.putAll([{ hash, content: wrong }]));
    unwrap(await stores.payloads.deltas.putAll([{ hash: unused, content: await deltaOf(never) }]));
    expect(await fsck()).toEqual(
      expect.arrayContaining([
        ['DELTA_WRONG', hash],
        ['DELTA_UNUSED', unused],
      ]),
    );
  });
});
