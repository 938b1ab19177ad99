import {
  bytesToHex,
  concatBytes,
  hexToBytes,
  sha256Bytes,
  utf8ToBytes,
  type Sha256,
} from '../../common/hash.js';

/** Bytes of a node: its hash, then its sum. */
const HASH_BYTES = 32;
const SUM_BYTES = 16;
const NODE_BYTES = HASH_BYTES + SUM_BYTES;
const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);
/** Sums are below this: 2^127, the largest that the ledger knows. */
export const SUM_LIMIT = 2n ** 127n;
const HALF = 2n ** 64n;
/** Nodes that are made before others get their turn. */
const NODES_A_TURN = 4_096;

/** A node of a Merkle sum tree. */
export interface SumNode {
  /** 64 hex digits. */
  readonly hash: string;
  /** Units of everything below it, at least 0. */
  readonly sum: bigint;
}

/** A neighbour on the way from a leaf to the root. */
export interface SumStep extends SumNode {
  /** On which side of the way it lies. */
  readonly side: 'left' | 'right';
}

/**
 * The leaf of an account: SHA-256(0x00 ‖ SHA-256(salt ‖ account) ‖ balance), the balance as 16 bytes, big-endian.
 * @param salt 32 bytes  @param balance units, 0 to 2^127 − 1
 */
export function leafNode(
  salt: Uint8Array,
  account: string,
  balance: bigint,
  sha256: Sha256 = sha256Bytes,
): SumNode {
  const salted = sha256(concatBytes(salt, utf8ToBytes(account)));
  return { hash: bytesToHex(sha256(concatBytes(LEAF_PREFIX, salted, sumBytes(balance)))), sum: balance };
}

/** The root that a leaf and its neighbours lead to. Throws a `RangeError` where a sum is below 0 or exceeds 2^127 − 1. */
export function rootFrom(leaf: SumNode, path: readonly SumStep[], sha256: Sha256 = sha256Bytes): SumNode {
  let node = nodeBytes(leaf);
  for (const step of path) {
    const other = nodeBytes(step);
    node = step.side === 'left' ? joined(other, node, sha256) : joined(node, other, sha256);
  }
  return readNode(node);
}

/**
 * A Merkle sum tree (after G. Maxwell's proof of liabilities): every node has the sum of what is below it, and its hash covers hash and
 * sum of both below, SHA-256(0x01 ‖ left hash ‖ left sum ‖ right hash ‖ right sum). A node without a neighbour moves up as it is.
 */
export class SumTree {
  private constructor(
    /** Nodes one behind the other, the leaves first. */
    private readonly levels: readonly Uint8Array[],
  ) {}

  /** Builds the tree over at least one leaf. @param pause lets others go on, every few thousand nodes */
  static async over(
    leaves: readonly SumNode[],
    sha256: Sha256,
    pause: () => Promise<unknown>,
  ): Promise<SumTree> {
    const levels = [levelOf(leaves)];
    for (let below = levels[0]; below.length > NODE_BYTES; below = levels[levels.length - 1]) {
      const count = below.length / NODE_BYTES;
      const level = new Uint8Array(Math.ceil(count / 2) * NODE_BYTES);
      for (let i = 0; i < count; i += 2) {
        const left = nodeAt(below, i);
        level.set(i + 1 < count ? joined(left, nodeAt(below, i + 1), sha256) : left, (i / 2) * NODE_BYTES);
        if (i % NODES_A_TURN === 0) await pause();
      }
      levels.push(level);
    }
    return new SumTree(levels);
  }

  /** The root. */
  get root(): SumNode {
    return readNode(nodeAt(this.levels[this.levels.length - 1], 0));
  }

  /** The neighbours of a leaf on its way to the root, from below. @param index from 0 */
  path(index: number): SumStep[] {
    const steps: SumStep[] = [];
    let at = index;
    for (const level of this.levels.slice(0, -1)) {
      const other = at % 2 === 0 ? at + 1 : at - 1;
      if (other * NODE_BYTES < level.length)
        steps.push({ ...readNode(nodeAt(level, other)), side: at % 2 === 0 ? 'right' : 'left' });
      at = Math.floor(at / 2);
    }
    return steps;
  }
}

function joined(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  const sum = readNode(left).sum + readNode(right).sum;
  return concatBytes(sha256(concatBytes(NODE_PREFIX, left, right)), sumBytes(sum));
}

function levelOf(nodes: readonly SumNode[]): Uint8Array {
  const level = new Uint8Array(nodes.length * NODE_BYTES);
  for (const [i, node] of nodes.entries()) level.set(nodeBytes(node), i * NODE_BYTES);
  return level;
}

function nodeAt(level: Uint8Array, index: number): Uint8Array {
  return level.subarray(index * NODE_BYTES, (index + 1) * NODE_BYTES);
}

function nodeBytes({ hash, sum }: SumNode): Uint8Array {
  return concatBytes(hexToBytes(hash), sumBytes(sum));
}

function readNode(node: Uint8Array): SumNode {
  const view = new DataView(node.buffer, node.byteOffset + HASH_BYTES, SUM_BYTES);
  const sum = view.getBigUint64(0) * HALF + view.getBigUint64(8);
  return { hash: bytesToHex(node.subarray(0, HASH_BYTES)), sum };
}

function sumBytes(sum: bigint): Uint8Array {
  if (sum < 0n || sum >= SUM_LIMIT) throw new RangeError('a sum of the tree is out of its bounds');
  const bytes = new Uint8Array(SUM_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, sum / HALF);
  view.setBigUint64(8, sum % HALF);
  return bytes;
}
