import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BlockStores,
  FsckRegistry,
  makeDelta,
  PayloadForms,
  type AcceptedFact,
  type BlockHeader,
} from '../../chain/index.js';
import { unwrap } from '../../common/index.js';
import type { Findings } from '../../log/index.js';
import { DeltaFsck } from './delta-fsck.js';

const PARENT = 'ab'.repeat(32);
const before = new Uint8Array(900).fill(3);
const after = new Uint8Array(900).fill(4);

describe('fsck of deltas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-delta-fsck-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('takes a delta for good whose parent cannot be told, and not one whose parent has another payload', async () => {
    const stores = BlockStores.inFolder(folder);
    const [parent, payload] = [
      unwrap(await stores.payloads.put(before)),
      unwrap(await stores.payloads.put(after)),
    ];
    const sections = [{ kind: 'bytes', length: 900 }] as const;
    const source = { parent: PARENT, parentPayload: before, payload: after, sections };
    unwrap(await new PayloadForms(stores.payloads).keepDelta(unwrap(await makeDelta(source))));
    const sut = new DeltaFsck(new FsckRegistry(), stores);
    const codesFor = async (complete: boolean, header?: { payload_hash: string } | null) => {
      const codes: string[] = [];
      const error = (code: string) => codes.push(code);
      const own = { hash: 'own', header: { payload_hash: payload } as BlockHeader } as AcceptedFact;
      const known = { hash: PARENT, header: header as BlockHeader | null } as AcceptedFact;
      const blocks = new Map([[own.hash, own]]);
      if (header !== undefined) blocks.set(PARENT, known);
      const findings = { error, warning: error, repaired: error } as unknown as Findings;
      await sut.run({ logSize: 2, complete, blocks }, findings, { repair: false, exclusive: false });
      return codes;
    };
    expect(await codesFor(true, { payload_hash: parent })).toEqual([]);
    expect(await codesFor(true, null)).toEqual([]);
    expect(await codesFor(false)).toEqual([]);
    expect(await codesFor(true)).toEqual(['DELTA_WRONG']);
    expect(await codesFor(true, { payload_hash: payload })).toEqual(['DELTA_WRONG']);
  });
});
