import { generateKeyPairSync } from 'node:crypto';
import {
  bytesToHex,
  canonicalJson,
  hexToBytes,
  merkleLeafHash,
  unwrap,
  utf8ToBytes,
  verifyInclusion,
} from '../../src/common/index.js';
import {
  digestPayload,
  hashHeader,
  signHeader,
  type BlockHeader,
  type UnsignedBlockHeader,
} from '../../src/chain/index.js';
import { secp256k1Signer } from '../../src/keys/index.js';
import { openCheckpoint, parseVerifierKey } from '../../src/log/index.js';
import { PATIENCE_MS, runCommand, startServer } from '../support/index.js';

const signer = secp256k1Signer(
  Buffer.from(
    generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({ format: 'jwk' }).d!,
    'base64url',
  ),
);
let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  server = await startServer({ env: { IMPORT_GENESIS: 'false' } });
});
afterAll(() => server.stop());

function sign(payload: Uint8Array, changes: Partial<UnsignedBlockHeader>): BlockHeader {
  const { hash, size, root } = digestPayload(payload);
  const header: UnsignedBlockHeader = {
    version: 1,
    chain_id: 'A',
    block_type: 'meta',
    prev_hash: null,
    depends_on: [],
    name: null,
    layer_id: null,
    payload_type: 'json',
    payload_hash: hash,
    payload_size: size,
    payload_root: root,
    metadata: { model: 'http' },
    miner_pub: bytesToHex(signer.publicKey),
    timestamp: Date.now(),
    nonce: 0,
    ...changes,
  };
  return signHeader(header, signer);
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers });
const json = async (path: string) => (await get(path)).json() as Promise<Record<string, never>>;
const post = (chain: string, body: unknown) =>
  fetch(`${server.url}/chain/${chain}/blocks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const architecture = {
  family: 'mixtral',
  hiddenSize: 64,
  layers: 1,
  experts: 2,
  expertsPerToken: 1,
  expertHiddenSize: 64,
  heads: 2,
  kvHeads: 1,
  headDim: 32,
  vocabSize: 100,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 0.00001,
  tieWordEmbeddings: false,
};
const payload = utf8ToBytes(canonicalJson(architecture));
const payload_base64 = Buffer.from(payload).toString('base64');

describe('the chain over HTTP', () => {
  it('takes a block once, gives it back and proves it', async () => {
    const header = sign(payload, {});
    const hash = hashHeader(header);
    const first = await post('A', { header, payload_base64, hash });
    expect([first.status, await first.json()]).toEqual([
      201,
      expect.objectContaining({ hash, index: 0, created: true }),
    ]);
    const again = await post('A', { header, payload_base64 });
    expect([again.status, await again.json()]).toEqual([
      200,
      expect.objectContaining({ hash, created: false }),
    ]);
    expect(await json('/genesis/hash')).toMatchObject({ chain: 'A', hash });
    expect(await json('/chain/status')).toMatchObject({
      chains: [{ id: 'A', height: 1, head: hash }, {}, {}, {}],
    });
    expect((await json('/chain/A/blocks?type=meta&model=http')).items).toMatchObject([{ hash, header }]);
    expect(await json('/chain/B/graph?model=http')).toMatchObject({
      nodes: [{ hash }],
      edges: [],
      truncated: false,
    });

    const proof = await untilLogged(hash);
    const verifier = parseVerifierKey((await (await get('/log/key')).text()).trim());
    const checkpoint = openCheckpoint(proof.checkpoint, unwrap(verifier));
    if (!checkpoint.ok) throw checkpoint.error;
    const [{ index: _index, ...leaf }] = (await json(`/log/entries?subject=${hash}`)).items as {
      index: number;
    }[];
    const root = hexToBytes(checkpoint.value.root);
    const leafHash = merkleLeafHash(utf8ToBytes(canonicalJson(leaf)));
    expect(verifyInclusion(leafHash, proof.index, proof.size, proof.path.map(hexToBytes), root)).toBe(true);
    const tile = await get(`/log/tile/0/000.p/${proof.size}`);
    expect(Buffer.from(await tile.arrayBuffer()).subarray(proof.index * 32, proof.index * 32 + 32)).toEqual(
      Buffer.from(leafHash),
    );
    const bundle = Buffer.from(await (await get(`/log/tile/entries/000.p/${proof.size}`)).arrayBuffer());
    expect(bundle.toString()).toContain(canonicalJson(leaf));
  });

  it('serves payloads whole, in ranges, and not again to who has them', async () => {
    const [{ hash }] = (await json('/chain/A/blocks')).items as { hash: string }[];
    const path = `/chain/A/blocks/${hash}/payload`;
    const whole = await get(path);
    expect(await whole.text()).toBe(canonicalJson(architecture));
    expect(whole.headers.get('cache-control')).toContain('immutable');
    const part = await get(path, { range: 'bytes=2-6' });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      canonicalJson(architecture).slice(2, 7),
      `bytes 2-6/${payload.length}`,
    ]);
    expect((await get(path, { range: `bytes=${payload.length}-` })).status).toBe(416);
    expect((await get(path, { 'if-none-match': whole.headers.get('etag')! })).status).toBe(304);
  });

  const bad: [string, number, string, () => Promise<Response>][] = [
    ['invalid JSON', 400, 'JSON_INVALID', () => post('A', '{"header":')],
    [
      'an unknown field',
      400,
      'VALIDATION_FAILED',
      () => post('A', { header: {}, payload_base64: '', extra: 1 }),
    ],
    ['a wrong type', 400, 'VALIDATION_FAILED', () => post('A', { header: 7, payload_base64: '' })],
    ['no base64', 400, 'VALIDATION_FAILED', () => post('A', { header: {}, payload_base64: '***' })],
    ['an empty header', 422, 'BLOCK_SHAPE', () => post('A', { header: {}, payload_base64 })],
    ['another chain', 422, 'BLOCK_CHAIN', () => post('B', { header: sign(payload, {}), payload_base64 })],
    ['an unknown chain', 400, 'VALIDATION_FAILED', () => post('Z', { header: {}, payload_base64 })],
    [
      'another name',
      422,
      'BLOCK_HASH',
      () => post('A', { header: sign(payload, {}), payload_base64, hash: 'a'.repeat(64) }),
    ],
    [
      'a changed header',
      422,
      'BLOCK_SIGNATURE',
      () => post('A', { header: { ...sign(payload, {}), nonce: 9 }, payload_base64 }),
    ],
    [
      'a future time',
      422,
      'BLOCK_TIME_FUTURE',
      () => post('A', { header: sign(payload, { timestamp: Date.now() + 600_000 }), payload_base64 }),
    ],
    [
      'an unknown parent',
      422,
      'BLOCK_PARENT_MISSING',
      () => post('A', { header: sign(payload, { depends_on: ['b'.repeat(64)] }), payload_base64 }),
    ],
    [
      'a taken place',
      409,
      'BLOCK_PREV',
      () => post('A', { header: sign(payload, { metadata: { again: 1 } }), payload_base64 }),
    ],
    [
      'a shorter payload',
      422,
      'BLOCK_PAYLOAD_SIZE',
      () => post('A', { header: sign(payload, {}), payload_base64: 'AAAA' }),
    ],
    [
      'too much metadata',
      422,
      'BLOCK_METADATA_SIZE',
      () => post('A', { header: sign(payload, { metadata: { x: 'y'.repeat(66_000) } }), payload_base64 }),
    ],
    ['a block nobody knows', 404, 'BLOCK_UNKNOWN', () => get(`/chain/A/blocks/${'c'.repeat(64)}`)],
    ['a name that is no hash', 400, 'VALIDATION_FAILED', () => get('/chain/A/blocks/xyz')],
    ['a negative limit', 400, 'VALIDATION_FAILED', () => get('/chain/A/blocks?limit=-1')],
    ['a huge limit', 400, 'VALIDATION_FAILED', () => get('/chain/A/blocks?limit=1000000')],
    ['a foreign cursor', 400, 'CURSOR_INVALID', () => get('/chain/A/blocks?cursor=zzz')],
    ['an odd tile', 400, 'LOG_TILE_PATH', () => get('/log/tile/0/12')],
    ['a tile to come', 404, 'LOG_TILE_UNKNOWN', () => get('/log/tile/0/x001/000')],
    ['a proof of nothing', 400, 'LOG_RANGE', () => get('/log/proof/inclusion?index=99999')],
    ['a proof for nobody', 400, 'VALIDATION_FAILED', () => get('/log/proof/inclusion')],
    [
      'a consistency of nothing',
      400,
      'VALIDATION_FAILED',
      () => get('/log/proof/consistency?first=0&second=1'),
    ],
  ];

  it.each(bad)('refuses %s with %i %s and changes nothing', async (_what, status, code, ask) => {
    const before = await json('/chain/status');
    const response = await ask();
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({ status, code, detail: expect.any(String), request_id: expect.any(String) }),
    ]);
    expect(await json('/chain/status')).toEqual(before);
  });

  it('is checked by stemma fsck through the running server', async () => {
    const env = { DATA_DIR: server.dataDir };
    const clean = await runCommand(['--json', 'fsck'], env);
    expect([clean.code, JSON.parse(clean.stdout)]).toEqual([
      0,
      expect.objectContaining({ clean: true, blocks: 1 }),
    ]);
    expect((await runCommand(['fsck', '--nonsense'], env)).code).toBe(2);
  });
});

interface Proof {
  readonly index: number;
  readonly size: number;
  readonly path: string[];
  readonly checkpoint: string;
}

/** The inclusion proof of a block, as soon as there is one. */
async function untilLogged(hash: string): Promise<Proof> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    const response = await get(`/log/proof/inclusion?subject=${hash}&kind=block`);
    if (response.ok) return (await response.json()) as Proof;
    if (performance.now() > end) throw new Error(await response.text());
  }
}
