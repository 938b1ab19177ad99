import { concatBytes, sha256Bytes, type Sha256 } from './hash.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** RFC 6962 §2.1 leaf hash: SHA-256(0x00 ‖ leaf). */
export function merkleLeafHash(leaf: Uint8Array, sha256: Sha256 = sha256Bytes): Uint8Array {
  return sha256(concatBytes(LEAF, leaf));
}

/** RFC 6962 §2.1 interior hash: SHA-256(0x01 ‖ left ‖ right). */
export function merkleNodeHash(
  left: Uint8Array,
  right: Uint8Array,
  sha256: Sha256 = sha256Bytes,
): Uint8Array {
  return sha256(concatBytes(NODE, left, right));
}

/** The RFC 6962 root over leaf hashes; SHA-256 of nothing for an empty list. */
export function merkleRoot(leafHashes: readonly Uint8Array[], sha256: Sha256 = sha256Bytes): Uint8Array {
  if (leafHashes.length === 0) return sha256(new Uint8Array(0));
  let level = [...leafHashes];
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(merkleNodeHash(level[i], level[i + 1], sha256));
    if (level.length % 2 === 1) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}

/** The RFC 6962 root of a tree whose leaves come one after another; keeps as many hashes as the tree is high. */
export class RunningRoot {
  /** Roots of the perfect subtrees that the leaves fall into, the largest first. */
  private readonly peaks: Uint8Array[] = [];
  private leaves = 0;

  constructor(private readonly sha256: Sha256 = sha256Bytes) {}

  /** Adds a leaf by its hash. */
  add(leafHash: Uint8Array): void {
    let peak = leafHash;
    // Where two neighbouring subtrees are of one size, they become one.
    for (let count = ++this.leaves; count % 2 === 0; count /= 2)
      peak = merkleNodeHash(this.peaks.pop()!, peak, this.sha256);
    this.peaks.push(peak);
  }

  /** The root over all leaves until now. */
  root(): Uint8Array {
    const right = (below: Uint8Array, peak: Uint8Array) => merkleNodeHash(peak, below, this.sha256);
    return this.leaves === 0 ? this.sha256(new Uint8Array(0)) : this.peaks.reduceRight(right);
  }
}

/**
 * Checks an inclusion proof (RFC 9162 §2.1.3.2, the same tree as RFC 6962).
 * @param index leaf number, 0-based  @param size leaves in the tree  @param path audit path from the leaf upwards
 */
export function verifyInclusion(
  leafHash: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
  sha256: Sha256 = sha256Bytes,
): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = merkleNodeHash(sibling, hash, sha256);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = merkleNodeHash(hash, sibling, sha256);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && equalBytes(hash, root);
}

/** Checks a consistency proof between two sizes of one tree (RFC 9162 §2.1.4.2). */
export function verifyConsistency(
  first: number,
  second: number,
  proof: readonly Uint8Array[],
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  sha256: Sha256 = sha256Bytes,
): boolean {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first < 1 || first > second)
    return false;
  if (first === second) return proof.length === 0 && equalBytes(firstRoot, secondRoot);
  const path = isPowerOfTwo(first) ? [firstRoot, ...proof] : [...proof];
  if (path.length === 0) return false;
  let node = first - 1;
  let last = second - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  let firstHash = path[0];
  let secondHash = path[0];
  for (const sibling of path.slice(1)) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      firstHash = merkleNodeHash(sibling, firstHash, sha256);
      secondHash = merkleNodeHash(sibling, secondHash, sha256);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      secondHash = merkleNodeHash(secondHash, sibling, sha256);
    }
    node = half(node);
    last = half(last);
  }
  return last === 0 && equalBytes(firstHash, firstRoot) && equalBytes(secondHash, secondRoot);
}

/** Whether two byte strings are equal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Halving that stays exact beyond 2^31, where shifts do not. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function isPowerOfTwo(value: number): boolean {
  let power = 1;
  while (power < value) power *= 2;
  return power === value;
}
