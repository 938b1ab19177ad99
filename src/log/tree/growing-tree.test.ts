import fc from 'fast-check';
import {
  bytesToHex,
  merkleLeafHash,
  merkleRoot,
  utf8ToBytes,
  verifyConsistency,
  verifyInclusion,
} from '../../common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../common/native-hash.js';
import { decodeBundle, encodedLeaf, sliceBundle } from './entry-bundle.js';
import { GrowingTree, type Tile } from './growing-tree.js';
import {
  consistencyPath,
  inclusionPath,
  inclusionPathInMemory,
  type SubtreeHash,
  type SubtreeId,
} from './proofs.js';
import { levelShape, parseTilePath, tilePath } from './tile-path.js';

const leavesOf = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => utf8ToBytes(`leaf ${first + i}`));
const hashesOf = (count: number) => leavesOf(count).map((leaf) => merkleLeafHash(leaf, nativeSha256));

const rootOf = (hashes: readonly Uint8Array[]) => merkleRoot(hashes, nativeSha256);

/** Grows a tree in pieces, keeping of each tile the widest. */
function grow(pieces: readonly number[]): { tree: GrowingTree; tiles: Map<string, Tile> } {
  const tree = new GrowingTree();
  const tiles = new Map<string, Tile>();
  for (const piece of pieces)
    for (const tile of tree.append(leavesOf(piece, tree.size)))
      tiles.set(`${tile.level}/${tile.index}`, tile);
  return { tree, tiles };
}

const fingerprints = (tiles: Map<string, Tile>) =>
  [...tiles].map(([id, { width, bytes }]) => `${id} ${width} ${nativeSha256Hex(bytes)}`).sort();

const pieces = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 8 });
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const encodeBundle = (leaves: readonly Uint8Array[]) => Buffer.concat(leaves.map(encodedLeaf));

describe('a growing tree', () => {
  it('has the root and the tiles of its leaves, however they were grouped', () => {
    fc.assert(
      fc.property(pieces, (sizes) => {
        const total = sum(sizes);
        const { tree, tiles } = grow(sizes);
        expect(tree.size).toBe(total);
        expect(tree.root()).toEqual(rootOf(hashesOf(total)));
        expect(fingerprints(tiles)).toEqual(fingerprints(grow([total]).tiles));
        const { full, tail } = levelShape(total, 0);
        for (let index = 0; index < full + (tail > 0 ? 1 : 0); index++)
          expect(nativeSha256Hex(tiles.get(`entries/${index}`)!.bytes)).toBe(
            nativeSha256Hex(encodeBundle(leavesOf(index < full ? 256 : tail, index * 256))),
          );
      }),
      { numRuns: 30 },
    );
  });

  it('keeps a second level of tiles', () => {
    const { tree, tiles } = grow([70_000]);
    expect(bytesToHex(tiles.get('1/0')!.bytes.subarray(0, 32))).toBe(bytesToHex(rootOf(hashesOf(256))));
    expect(tiles.get('2/0')).toMatchObject({ width: 1 });
    expect(tree.root()).toEqual(rootOf(hashesOf(70_000)));
  });

  it('goes on from its edge as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 1, max: 300 }), (before, after) => {
        const { tiles } = grow([before]);
        const levels: Uint8Array[][] = [];
        for (let level = 0; levelShape(before, level).hashes > 0; level++) {
          const { full, tail } = levelShape(before, level);
          const bytes = tiles.get(`${level}/${full}`)?.bytes ?? new Uint8Array(0);
          levels.push(Array.from({ length: tail }, (_, i) => bytes.slice(i * 32, i * 32 + 32)));
        }
        const edge = { size: before, levels, leaves: leavesOf(before % 256, before - (before % 256)) };
        const tree = new GrowingTree(edge);
        const whole = grow([before, after]).tiles;
        for (const tile of tree.append(leavesOf(after, before))) {
          const { width, bytes } = whole.get(`${tile.level}/${tile.index}`)!;
          expect([width, nativeSha256Hex(bytes)]).toEqual([tile.width, nativeSha256Hex(tile.bytes)]);
        }
        expect(tree.root()).toEqual(rootOf(hashesOf(before + after)));
      }),
      { numRuns: 30 },
    );
  });
});

describe('proofs', () => {
  const hashes = hashesOf(1000);
  const subtreeHash = ({ height, index }: SubtreeId) =>
    rootOf(hashes.slice(index * 2 ** height, (index + 1) * 2 ** height));
  const hashOf: SubtreeHash = async (id) => subtreeHash(id);

  it('of inclusion are the same from memory, and none where something must be read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 1000 }), fc.nat(), async (size, pick) => {
        const index = pick % size;
        const path = await inclusionPath(index, size, hashOf);
        expect(inclusionPathInMemory(index, size, subtreeHash)).toEqual(path);
        let left = path.length - 1;
        expect(inclusionPathInMemory(index, size, (id) => (left-- > 0 ? subtreeHash(id) : null))).toBeNull();
      }),
    );
  });

  it('of inclusion verify for every leaf and size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), fc.nat(), async (size, pick) => {
        const index = pick % size;
        const path = await inclusionPath(index, size, hashOf);
        expect(path.length).toBeLessThanOrEqual(10);
        expect(verifyInclusion(hashes[index], index, size, path, rootOf(hashes.slice(0, size)))).toBe(true);
      }),
    );
  });

  it('of consistency verify for every pair of sizes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), fc.nat(), async (second, pick) => {
        const first = 1 + (pick % second);
        const path = await consistencyPath(first, second, hashOf);
        const roots = [first, second].map((size) => rootOf(hashes.slice(0, size)));
        expect(verifyConsistency(first, second, path, roots[0], roots[1])).toBe(true);
      }),
    );
  });
});

describe('tile paths', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, '0/000'],
    [{ level: 3, index: 1_234_067, width: 256 }, '3/x001/x234/067'],
    [{ level: 'entries' as const, index: 999, width: 17 }, 'entries/999.p/17'],
    [{ level: 12, index: 1000, width: 1 }, '12/x001/000.p/1'],
  ])('%p is %s as C2SP tlog-tiles has it', (id, path) => {
    expect(tilePath(id)).toBe(path);
    expect(parseTilePath(path)).toEqual(id);
  });

  it.each([
    '',
    '0',
    '0/00',
    '0/0000',
    '0/x000/000',
    '00/000',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    '0/../000',
    '100/000',
    '0/1/000',
    '0/000/',
  ])('refuses %p', (path) => expect(parseTilePath(path)).toBeNull());
});

describe('entry bundles', () => {
  it('are read back, cut and refused when broken', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 20 }),
        fc.nat(20),
        (leaves, count) => {
          const bytes = encodeBundle(leaves);
          expect(decodeBundle(bytes)?.map((leaf) => [...leaf])).toEqual(leaves.map((leaf) => [...leaf]));
          expect(sliceBundle(bytes, count)).toEqual(
            count > leaves.length ? null : encodeBundle(leaves.slice(0, count)),
          );
          if (bytes.length > 0) expect(decodeBundle(bytes.subarray(0, -1))).toBeNull();
        },
      ),
    );
  });
});
