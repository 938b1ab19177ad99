import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex } from '../../../common/index.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { documentHash } from '../document-tree.js';
import { encodeOpening } from '../opening-codec.js';
import { shownDocuments } from './shown-documents.js';

const documents = [
  { ids: [1, 2, 70_000], firstTarget: 1 },
  { ids: [5, 6], firstTarget: 1 },
  { ids: [7], firstTarget: 0 },
];
const hashes = documents.map((document) => bytesToHex(documentHash(document, nativeSha256)));

describe('the documents that an opening shows', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'stemma-shown-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const bytes = encodeOpening({
    updates: [
      {
        ...{ step: 3, state: Float32Array.of(1, 2, 3) },
        examples: documents.slice(0, 2).map((document, index) => ({ ...document, index, path: [] })),
      },
      { step: 9, state: Float32Array.of(-0.5), examples: [{ ...documents[2], index: 2, path: [] }] },
    ],
    end: { values: Float32Array.of(4, 5), moments: [] },
  });

  it('are found between the states', async () => {
    const path = join(folder, 'opening');
    await writeFile(path, bytes);
    expect([...(await shownDocuments(path, 3))]).toEqual(hashes);
  });

  it('are those that are there where it was cut short, and none where there is no opening', async () => {
    const path = join(folder, 'opening');
    expect([...(await shownDocuments(path, 3))]).toEqual([]);
    // The values at the end, the last document and a word of the one before.
    await writeFile(path, bytes.subarray(0, bytes.length - (2 + 1) * 4));
    expect([...(await shownDocuments(path, 3))]).toEqual(hashes.slice(0, 2));
    for (const length of [0, 3, 4, 40]) {
      await writeFile(path, bytes.subarray(0, length));
      expect([...(await shownDocuments(path, 3))]).toEqual([]);
    }
  });

  it('are none that are longer than any example', async () => {
    const path = join(folder, 'opening');
    await writeFile(path, bytes);
    expect([...(await shownDocuments(path, 2))]).toEqual(hashes.slice(1));
  });
});
