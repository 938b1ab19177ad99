import { merkleNodeHash } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';

/** A perfect subtree: `index` counts subtrees of 2^`height` leaves from the left. */
export interface SubtreeId {
  readonly height: number;
  readonly index: number;
}

/** Gives the hash of a perfect subtree. */
export type SubtreeHash = (id: SubtreeId) => Promise<Uint8Array>;

/** The same for what is in memory; null for what must be read. */
export type SubtreeHashInMemory = (id: SubtreeId) => Uint8Array | null;

/** `inclusionPath` where everything it needs is in memory, without a turn of the event loop; null where something is not. */
export function inclusionPathInMemory(
  index: number,
  size: number,
  hashOf: SubtreeHashInMemory,
): Uint8Array[] | null {
  const path: Uint8Array[] = [];
  for (const range of inclusionRanges(index, 0, size)) {
    const hashes: Uint8Array[] = [];
    for (const subtree of subtreesOf(range)) {
      const hash = hashOf(subtree);
      if (hash === null) return null;
      hashes.push(hash);
    }
    path.push(joined(hashes));
  }
  return path;
}

/** The audit path of a leaf in the tree of the first `size` leaves (RFC 6962 §2.1.1), from the leaf upwards. */
export async function inclusionPath(index: number, size: number, hashOf: SubtreeHash): Promise<Uint8Array[]> {
  return Promise.all(inclusionRanges(index, 0, size).map((range) => rangeHash(range, hashOf)));
}

/** The proof that the tree of `first` leaves is a prefix of that of `second` (RFC 6962 §2.1.2); 1 ≤ first ≤ second. */
export async function consistencyPath(
  first: number,
  second: number,
  hashOf: SubtreeHash,
): Promise<Uint8Array[]> {
  return Promise.all(consistencyRanges(first, 0, second, true).map((range) => rangeHash(range, hashOf)));
}

/** The root over the first `size` leaves, at least one (RFC 6962 §2.1). */
export function rootOf(size: number, hashOf: SubtreeHash): Promise<Uint8Array> {
  return rangeHash({ start: 0, end: size }, hashOf);
}

/** Leaves from `start` (included) to `end` (excluded). */
interface LeafRange {
  readonly start: number;
  readonly end: number;
}

function inclusionRanges(index: number, start: number, end: number): LeafRange[] {
  if (end - start === 1) return [];
  const middle = start + splitOf(end - start);
  return index < middle
    ? [...inclusionRanges(index, start, middle), { start: middle, end }]
    : [...inclusionRanges(index, middle, end), { start, end: middle }];
}

function consistencyRanges(first: number, start: number, end: number, whole: boolean): LeafRange[] {
  if (first === end) return whole ? [] : [{ start, end }];
  const middle = start + splitOf(end - start);
  return first <= middle
    ? [...consistencyRanges(first, start, middle, whole), { start: middle, end }]
    : [...consistencyRanges(first, middle, end, false), { start, end: middle }];
}

/** The largest power of two below `count`. */
function splitOf(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** The root over a range that starts where a subtree of its size would. */
async function rangeHash(range: LeafRange, hashOf: SubtreeHash): Promise<Uint8Array> {
  return joined(await Promise.all(subtreesOf(range).map(hashOf)));
}

/** The perfect subtrees of such a range, from large to small. */
function subtreesOf({ start, end }: LeafRange): SubtreeId[] {
  const subtrees: SubtreeId[] = [];
  for (let at = start; at < end;) {
    let height = 0;
    while (2 ** (height + 1) <= end - at) height++;
    subtrees.push({ height, index: at / 2 ** height });
    at += 2 ** height;
  }
  return subtrees;
}

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.reduceRight((right, left) => merkleNodeHash(left, right, nativeSha256));
}
