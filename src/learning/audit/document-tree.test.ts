import { bytesToHex, merkleRoot, verifyInclusion } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { TokenSequence } from '../trainer/batch.js';
import { documentHash, documentLeaf, documentTree } from './document-tree.js';

function documents(count: number): TokenSequence[] {
  return Array.from({ length: count }, (_, i) => ({ ids: [i, i + 1, 3], firstTarget: 1 }));
}

describe('the tree of documents', () => {
  it.each([1, 2, 3, 5, 8, 13, 100])('has the root of RFC 6962 and a path for each of %p', (count) => {
    const all = documents(count);
    const leaves = all.map((document) => documentLeaf(document, nativeSha256));
    const sut = documentTree(all, nativeSha256);
    expect(bytesToHex(sut.root)).toBe(bytesToHex(merkleRoot(leaves)));
    leaves.forEach((leaf, i) => expect(verifyInclusion(leaf, i, count, sut.path(i), sut.root)).toBe(true));
    if (count > 1) expect(verifyInclusion(leaves[0], 1, count, sut.path(1), sut.root)).toBe(false);
  });

  it('tells documents apart by tokens, by where they begin to be asked for, and by length', () => {
    const all: TokenSequence[] = [
      { ids: [1, 2, 3], firstTarget: 1 },
      { ids: [1, 2, 3], firstTarget: 2 },
      { ids: [1, 2, 3, 0], firstTarget: 1 },
      { ids: [1, 2, 4], firstTarget: 1 },
    ];
    const hashes = all.map((document) => bytesToHex(documentHash(document, nativeSha256)));
    expect(new Set(hashes).size).toBe(all.length);
  });
});
