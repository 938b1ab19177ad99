import fc from 'fast-check';
import { bytesToHex, concatBytes, sha256Bytes, utf8ToBytes } from './hash.js';
import {
  merkleLeafHash,
  merkleNodeHash,
  merkleRoot,
  RunningRoot,
  verifyConsistency,
  verifyInclusion,
} from './merkle.js';

/** RFC 6962 §2.1.1, written recursively as the RFC has it: an oracle independent of the code under test. */
function pathOf(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const k = splitOf(leaves.length);
  return index < k
    ? [...pathOf(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...pathOf(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

/** RFC 6962 §2.1.2. */
function consistencyOf(m: number, leaves: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (m === leaves.length) return whole ? [] : [rootOf(leaves)];
  const k = splitOf(leaves.length);
  return m <= k
    ? [...consistencyOf(m, leaves.slice(0, k), whole), rootOf(leaves.slice(k))]
    : [...consistencyOf(m - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
}

function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256Bytes(new Uint8Array(0));
  if (leaves.length === 1) return merkleLeafHash(leaves[0]);
  const k = splitOf(leaves.length);
  return merkleNodeHash(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

function splitOf(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

const leaves = (n: number) => Array.from({ length: n }, (_, i) => utf8ToBytes(`leaf ${i}`));

describe('Merkle tree of RFC 6962', () => {
  it('agrees with published vectors', () => {
    expect(bytesToHex(merkleRoot([]))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(bytesToHex(merkleLeafHash(new Uint8Array(0)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('has the root of the recursive definition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70 }), (n) => {
        expect(merkleRoot(leaves(n).map((leaf) => merkleLeafHash(leaf)))).toEqual(rootOf(leaves(n)));
      }),
    );
  });

  it('has the same root after each leaf where they come one after another', () => {
    const running = new RunningRoot();
    expect(running.root()).toEqual(rootOf([]));
    for (const [i, leaf] of leaves(70).entries()) {
      running.add(merkleLeafHash(leaf));
      expect(running.root()).toEqual(rootOf(leaves(i + 1)));
    }
  });

  it('accepts right inclusion proofs and refuses any other index, size, path or root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (n, pick, flip) => {
        const all = leaves(n);
        const index = pick % n;
        const [leaf, path, root] = [merkleLeafHash(all[index]), pathOf(index, all), rootOf(all)];
        expect(verifyInclusion(leaf, index, n, path, root)).toBe(true);
        expect(verifyInclusion(leaf, index, n, [...path, root], root)).toBe(false);
        expect(verifyInclusion(merkleLeafHash(utf8ToBytes('other')), index, n, path, root)).toBe(false);
        if (n > 1) {
          const broken = path.map((hash, i) =>
            i === flip % path.length ? concatBytes(hash.slice(1), Uint8Array.of(hash[0] ^ 1)) : hash,
          );
          expect(verifyInclusion(leaf, index, n, broken, root)).toBe(false);
          expect(verifyInclusion(leaf, (index + 1) % n, n, path, root)).toBe(false);
        }
      }),
    );
  });

  it('accepts right consistency proofs and refuses forged ones', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (n, pick) => {
        const all = leaves(n);
        const m = 1 + (pick % n);
        const proof = consistencyOf(m, all, true);
        expect(verifyConsistency(m, n, proof, rootOf(all.slice(0, m)), rootOf(all))).toBe(true);
        expect(
          verifyConsistency(m, n, proof, rootOf([utf8ToBytes('x'), ...all.slice(1, m)]), rootOf(all)),
        ).toBe(false);
        expect(verifyConsistency(m, n, [...proof, rootOf(all)], rootOf(all.slice(0, m)), rootOf(all))).toBe(
          false,
        );
      }),
    );
  });
});
