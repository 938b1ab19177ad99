import { createServer } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import {
  BlockStores,
  encodeSignedHeader,
  hashHeader,
  makeDelta,
  signHeader,
  type BlockMetadata,
  type BlockReader,
} from '../../chain/index.js';
import { bytesToHex, EventBus, unwrap } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import { secp256k1Signer } from '../../keys/index.js';
import { DamageWatch } from '../vitals/damage-watch.js';
import { BlobRemedy } from './blob-remedy.js';

const SIGNER = secp256k1Signer(new Uint8Array(32).fill(7));
const bytes = Buffer.from('weights of an expert');

describe('refetch_blob', () => {
  let folder: string;
  let backup: string;
  let stores: BlockStores;
  let payload: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'stemma-blob-remedy-'));
    backup = join(folder, 'backup');
    mkdirSync(backup);
    stores = BlockStores.inFolder(join(folder, 'blobs'));
    payload = unwrap(await stores.payloads.put(bytes));
    writeFileSync(String(stores.payloads.path(payload)), 'weights of an exqert');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const deltaFrom = async (before: string) => {
    const parentPayload = unwrap(await stores.payloads.read(before));
    const sections = [{ kind: 'bytes', length: bytes.length }] as const;
    return unwrap(await makeDelta({ parent: 'ab'.repeat(32), parentPayload, payload: bytes, sections }));
  };
  const keepDelta = async (before: string) =>
    unwrap(await stores.payloads.deltas.putAll([{ hash: payload, content: await deltaFrom(before) }]));

  /** A stored header for a payload; its hash. */
  const header = async (payloadHash: string, facts: BlockMetadata) => {
    const made = signHeader(
      {
        ...{ version: 1, chain_id: 'B', block_type: 'expert', prev_hash: null, depends_on: [] },
        ...{ name: 'layer0.expert0', layer_id: 0, payload_type: 'tensorblock' },
        ...{ payload_hash: payloadHash, payload_size: bytes.length, payload_root: payloadHash },
        ...{ metadata: facts, miner_pub: bytesToHex(SIGNER.publicKey), timestamp: 1, nonce: 0 },
      },
      SIGNER,
    );
    const hash = hashHeader(made);
    unwrap(await stores.headers.putAll([{ hash, content: encodeSignedHeader(made) }]));
    return hash;
  };

  const refetch = (blobBackupDir: string | null, blobPeerUrl: string | null, block = 'ab12') => {
    const damage = { look: async () => [{ block, name: 'expert 3', detail: '', payload }] };
    const config = { blobBackupDir, blobPeerUrl } as AppConfig;
    return new BlobRemedy(config, stores, damage as unknown as DamageWatch).all[0].act('', 'blob_corrupt');
  };

  it('takes the payload from a backup, laid out as here or in one folder', async () => {
    writeFileSync(join(backup, payload), bytes);
    expect(await stores.payloads.check(payload)).toBe('corrupt');
    expect(await refetch(backup, null)).toBe('restored expert 3');
    expect(await stores.payloads.check(payload)).toBe('intact');
    mkdirSync(join(backup, payload.slice(0, 2)));
    writeFileSync(join(backup, payload.slice(0, 2), payload), bytes);
    rmSync(String(stores.payloads.path(payload)));
    await refetch(backup, null);
    expect(readFileSync(String(stores.payloads.path(payload)))).toEqual(bytes);
  });

  it('goes on with the others where one cannot be had, and says so where none can', async () => {
    writeFileSync(join(backup, payload), bytes);
    const lost = { block: 'cd34', name: 'expert 4', detail: '', payload: 'ef'.repeat(32) };
    const found = { block: 'ab12', name: 'expert 3', detail: '', payload };
    const act = (damages: object[]) => {
      const watch = { look: async () => damages } as unknown as DamageWatch;
      const config = { blobBackupDir: backup, blobPeerUrl: null } as AppConfig;
      return new BlobRemedy(config, stores, watch).all[0].act('', 'blob_corrupt');
    };
    expect(await act([lost, found])).toBe('restored expert 3');
    await expect(act([lost])).rejects.toMatchObject({ code: 'BLOB_NOT_RESTORED' });
  });

  it('takes nothing with another hash, and asks the peer then', async () => {
    writeFileSync(join(backup, payload), 'something else');
    await expect(refetch(backup, null)).rejects.toMatchObject({
      code: 'BLOB_NOT_RESTORED',
      message: expect.stringContaining('the copy is damaged, too'),
    });
    const asked: (string | undefined)[] = [];
    const peer = createServer((request, response) => {
      asked.push(request.url);
      response.end(bytes);
    });
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
    expect(await refetch(backup, url)).toBe('restored expert 3');
    peer.close();
    peer.closeAllConnections();
    expect(asked).toEqual(['/chain/B/blocks/ab12/payload']);
    expect(await stores.payloads.check(payload)).toBe('intact');
  });

  it('makes the payload from its own delta', async () => {
    const before = unwrap(await stores.payloads.put(Buffer.from('weights of an expart')));
    await keepDelta(before);
    const file = String(stores.payloads.path(payload));
    const [events, now] = [new EventBus(), jest.spyOn(performance, 'now').mockReturnValue(0)];
    const reader = { header: async () => ({ header: { payload_hash: payload } }) } as unknown as BlockReader;
    const watch = new DamageWatch(events, reader, stores);
    const remedy = new BlobRemedy({ blobBackupDir: null, blobPeerUrl: null } as AppConfig, stores, watch);
    watch.onModuleInit();
    for (const spoil of [() => undefined, () => rmSync(file)]) {
      spoil();
      now.mockReturnValue(0);
      events.emit('block.failed', { hash: 'ab12', name: 'expert 3', code: 'BLOCK_READ', detail: '' });
      now.mockReturnValue(5_000);
      expect(await watch.look()).toMatchObject([{ block: 'ab12', payload }]);
      expect(await remedy.all[0].act('', 'blob_corrupt')).toBe('restored expert 3');
      expect(readFileSync(file)).toEqual(bytes);
      now.mockReturnValue(10_000);
      expect(await watch.look()).toEqual([]);
    }
    watch.onModuleDestroy();
    now.mockRestore();
  });

  it('fetches the difference only where it has what that is made from, and the payload if it does not help', async () => {
    const before = unwrap(await stores.payloads.put(Buffer.from('weights of an expart')));
    const parent = await header(before, {});
    const block = await header(payload, { parent });
    const delta = await deltaFrom(before);
    let answer: Uint8Array = delta;
    const asked: (string | undefined)[] = [];
    const peer = createServer((request, response) => {
      asked.push(request.url);
      response.end(request.url?.endsWith('/delta') === true ? answer : bytes);
    });
    await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
    await refetch(null, url, block);
    expect(asked).toEqual([`/chain/B/blocks/${block}/delta`]);
    expect(await stores.payloads.check(payload)).toBe('intact');
    writeFileSync(String(stores.payloads.path(payload)), 'weights of an exqert');
    answer = delta.subarray(1);
    await refetch(null, url, block);
    expect(asked.slice(1)).toEqual([`/chain/B/blocks/${block}/delta`, `/chain/B/blocks/${block}/payload`]);
    expect(await stores.payloads.check(payload)).toBe('intact');
    peer.close();
    peer.closeAllConnections();
  });

  it('says when there is nowhere to take it from', () =>
    expect(refetch(null, null)).rejects.toMatchObject({ code: 'NO_BLOB_SOURCE' }));
});
