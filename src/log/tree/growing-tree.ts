import { merkleLeafHash, merkleNodeHash, merkleRoot, type Sha256 } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { encodedLeaf } from './entry-bundle.js';
import { GrowingBytes } from './growing-bytes.js';
import { HASH_BYTES, TILE_WIDTH, type TileId } from './tile-path.js';

/** A tile or bundle with its bytes. */
export interface Tile extends TileId {
  readonly bytes: Uint8Array;
}

/** The unfinished right edge of the tree: per level the hashes of its last, partial tile, and the leaves of the last bundle. */
export interface TreeEdge {
  readonly size: number;
  /** Leaves of the partial bundle; `size mod 256` of them. */
  readonly leaves: readonly Uint8Array[];
  /** Per tile level from 0; level L holds `⌊size / 256^L⌋ mod 256` hashes. */
  readonly levels: readonly (readonly Uint8Array[])[];
}

/** The last, partial tile of a level, with the roots of the perfect subtrees it falls into, the largest first. */
interface TreeLevel {
  readonly tile: GrowingBytes;
  readonly peaks: Uint8Array[];
}

/**
 * A Merkle tree (RFC 6962) that only grows, cut into tiles of 256 (C2SP tlog-tiles). Keeps nothing but its right edge, so
 * memory is a few hundred hashes whatever the size. The same leaves give the same tiles, however they are grouped.
 */
export class GrowingTree {
  private leafCount: number;
  /** The last, partial bundle, encoded. */
  private bundle = new GrowingBytes();
  private readonly levels: TreeLevel[];

  constructor(
    edge: TreeEdge = { size: 0, leaves: [], levels: [] },
    private readonly sha256: Sha256 = nativeSha256,
  ) {
    this.leafCount = edge.size;
    for (const leaf of edge.leaves) this.bundle.push(encodedLeaf(leaf));
    this.levels = edge.levels.map((hashes) => this.levelOf(hashes));
  }

  /** Number of leaves. */
  get size(): number {
    return this.leafCount;
  }

  /** The RFC 6962 root over all leaves. */
  root(): Uint8Array {
    let right: Uint8Array | null = null;
    for (const { peaks } of this.levels)
      right = peaks.reduceRight<Uint8Array | null>(
        (below, peak) => (below === null ? peak : merkleNodeHash(peak, below, this.sha256)),
        right,
      );
    return right ?? merkleRoot([], this.sha256);
  }

  /**
   * Adds leaves and returns every tile and bundle that changed, full ones and the new partial ones.
   * @param hashes the leaves' hashes where the leaves themselves are not to be had
   */
  append(leaves: readonly Uint8Array[], hashes?: readonly Uint8Array[]): Tile[] {
    const changed: Tile[] = [];
    for (const [i, leaf] of leaves.entries()) {
      this.bundle.push(encodedLeaf(leaf));
      this.leafCount++;
      if (this.leafCount % TILE_WIDTH === 0) {
        const index = this.leafCount / TILE_WIDTH - 1;
        changed.push({ level: 'entries', index, width: TILE_WIDTH, bytes: this.bundle.copy() });
        this.bundle = new GrowingBytes();
      }
      this.push(0, hashes?.[i] ?? merkleLeafHash(leaf, this.sha256), changed);
    }
    if (leaves.length > 0) changed.push(...this.partialTiles(leaves.length));
    return changed;
  }

  /** Every partial tile at the tree's right end. */
  edgeTiles(): Tile[] {
    return this.partialTiles(this.leafCount);
  }

  private push(level: number, hash: Uint8Array, changed: Tile[]): void {
    const row = (this.levels[level] ??= { tile: new GrowingBytes(), peaks: [] });
    this.grow(row, hash);
    if (widthOf(row) < TILE_WIDTH) return;
    const index = Math.floor(this.leafCount / TILE_WIDTH ** (level + 1)) - 1;
    changed.push({ level, index, width: TILE_WIDTH, bytes: row.tile.copy() });
    this.levels[level] = { tile: new GrowingBytes(), peaks: [] };
    this.push(level + 1, row.peaks[0], changed);
  }

  private levelOf(hashes: readonly Uint8Array[]): TreeLevel {
    const row: TreeLevel = { tile: new GrowingBytes(), peaks: [] };
    for (const hash of hashes) this.grow(row, hash);
    return row;
  }

  /** Adds a hash; where two neighbouring subtrees are of one size, they become one. */
  private grow(row: TreeLevel, hash: Uint8Array): void {
    row.tile.push(hash);
    const { peaks } = row;
    let peak = hash;
    for (let count = widthOf(row); count % 2 === 0; count /= 2)
      peak = merkleNodeHash(peaks.pop()!, peak, this.sha256);
    peaks.push(peak);
  }

  /** The partial tiles that hold something new after `added` leaves. */
  private partialTiles(added: number): Tile[] {
    const tiles: Tile[] = [];
    const inBundle = this.leafCount % TILE_WIDTH;
    if (inBundle > 0) {
      const index = Math.floor(this.leafCount / TILE_WIDTH);
      tiles.push({ level: 'entries', index, width: inBundle, bytes: this.bundle.copy() });
    }
    this.levels.forEach((row, level) => {
      const span = TILE_WIDTH ** level;
      const before = Math.floor((this.leafCount - added) / span);
      const now = Math.floor(this.leafCount / span);
      const width = widthOf(row);
      if (width === 0 || before === now) return;
      tiles.push({ level, index: Math.floor(now / TILE_WIDTH), width, bytes: row.tile.copy() });
    });
    return tiles;
  }
}

/** How many hashes a level's partial tile has. */
function widthOf({ tile }: TreeLevel): number {
  return tile.length / HASH_BYTES;
}
