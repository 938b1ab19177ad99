import { createServer } from 'node:http';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockStores } from '../../chain/index.js';
import { unwrap } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import type { DamageWatch } from '../vitals/damage-watch.js';
import { BlobRemedy } from './blob-remedy.js';

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

  const refetch = (blobBackupDir: string | null, blobPeerUrl: string | null) => {
    const damage = { look: async () => [{ block: 'ab12', name: 'expert 3', detail: '', payload }] };
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

  it('says when there is nowhere to take it from', () =>
    expect(refetch(null, null)).rejects.toMatchObject({ code: 'NO_BLOB_SOURCE' }));
});
