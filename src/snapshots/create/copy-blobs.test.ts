import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockStores, makeDelta, PayloadForms } from '../../chain/index.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { copyBlobs } from './copy-blobs.js';
import type { SnapshotWriter } from './snapshot-writer.js';

const before = new Uint8Array(900).fill(3);
const after = new Uint8Array(900).fill(4);

describe('copying payloads that lie as deltas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-copy-blobs-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('makes them whole, and names one that cannot be made', async () => {
    const stores = BlockStores.inFolder(folder);
    const [parent, hash] = [
      unwrap(await stores.payloads.put(before)),
      unwrap(await stores.payloads.put(after)),
    ];
    const sections = [{ kind: 'bytes', length: 900 }] as const;
    const source = { parent: 'ab'.repeat(32), parentPayload: before, payload: after, sections };
    const forms = new PayloadForms(stores.payloads);
    unwrap(await forms.keepDelta(unwrap(await makeDelta(source))));
    expect(unwrap(await forms.pack(hash, Infinity, Infinity)).removed).toBe(true);
    const added: string[] = [];
    const add = (_: string, content: Uint8Array) => {
      added.push(nativeSha256Hex(content));
      return Promise.resolve({ sha256: added[0] });
    };
    const copy = () =>
      copyBlobs(
        stores,
        [{ kind: 'payloads', hash, size: 900 }],
        null,
        { add } as unknown as SnapshotWriter,
        () => undefined,
      );
    expect(await copy()).toMatchObject({ ok: true });
    expect(added).toEqual([hash]);
    await stores.payloads.whole.remove(parent);
    expect(await copy()).toMatchObject({ error: { code: 'SNAPSHOT_SOURCE', facts: { hash } } });
  });
});
