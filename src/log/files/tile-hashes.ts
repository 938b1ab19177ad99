import { merkleNodeHash } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SubtreeId } from '../tree/proofs.js';
import { HASH_BYTES, levelShape, TILE_WIDTH, type TileId } from '../tree/tile-path.js';
import type { LogFiles } from './log-files.js';

/** Levels of the binary tree that one tile spans: 2^8 = 256. */
const TILE_HEIGHT = 8;
/** Tiles kept in memory, up to 8 KiB each, and as much again for the hashes above. */
const CACHE_LIMIT = 128;
/** Subtrees within a full tile that are higher than a leaf and lower than the tile: 128 + 64 + ... + 2. */
const INNER_NODES = TILE_WIDTH - 2;

/**
 * The hashes of subtrees within one tile, as far as they were asked for, lower ones first. One piece of memory for all of them: as
 * buffers of their own they would take six times as much.
 */
interface InnerNodes {
  readonly hashes: Uint8Array;
  readonly known: Uint8Array;
}

/** A tile as wide as it was when it was read. */
interface KeptTile {
  readonly bytes: Uint8Array;
  readonly nodes: InnerNodes;
}

/**
 * Reads hashes of perfect subtrees from tiles. Tiles only ever grow, so one that is wide enough is read once and each of its hashes
 * is computed once.
 */
export class TileHashes {
  private readonly tiles = new Map<string, KeptTile>();

  constructor(private readonly files: LogFiles) {}

  /** The hash of a perfect subtree within the first `size` leaves. Throws when a tile that must be there is not. */
  async hash(subtree: SubtreeId, size: number): Promise<Uint8Array> {
    const id = tileOf(subtree, size);
    return hashIn(this.inMemory(id) ?? (await this.read(id)), subtree);
  }

  /** The same where the tile is in memory; null where it must be read. */
  hashInMemory(subtree: SubtreeId, size: number): Uint8Array | null {
    const tile = this.inMemory(tileOf(subtree, size));
    return tile === null ? null : hashIn(tile, subtree);
  }

  private inMemory(id: TileId): KeptTile | null {
    const kept = this.tiles.get(keyOf(id));
    if (kept !== undefined && kept.bytes.length >= id.width * HASH_BYTES) return kept;
    const published = this.files.newestOf(id);
    return published === null ? null : this.keep(id, published);
  }

  private async read(id: TileId): Promise<KeptTile> {
    const bytes = await this.files.read(id);
    if (bytes === null) throw new Error(`log tile ${keyOf(id)} of width ${id.width} is missing`);
    return this.keep(id, bytes);
  }

  /** Keeps a tile; the one that was read longest ago goes. */
  private keep(id: TileId, bytes: Uint8Array): KeptTile {
    const key = keyOf(id);
    const nodes = this.tiles.get(key)?.nodes ?? {
      hashes: new Uint8Array(INNER_NODES * HASH_BYTES),
      known: new Uint8Array(INNER_NODES),
    };
    this.tiles.delete(key);
    if (this.tiles.size >= CACHE_LIMIT) this.tiles.delete(this.tiles.keys().next().value as string);
    this.tiles.set(key, { bytes, nodes });
    return { bytes, nodes };
  }
}

/** The tile that a subtree of the first `size` leaves lies in, as wide as it is then. */
function tileOf({ height, index }: SubtreeId, size: number): TileId {
  const level = Math.floor(height / TILE_HEIGHT);
  const at = Math.floor((index * 2 ** (height % TILE_HEIGHT)) / TILE_WIDTH);
  const { full, tail } = levelShape(size, level);
  return { level, index: at, width: at < full ? TILE_WIDTH : tail };
}

function keyOf({ level, index }: TileId): string {
  return `${level}/${index}`;
}

function hashIn(tile: KeptTile, { height, index }: SubtreeId): Uint8Array {
  const count = 2 ** (height % TILE_HEIGHT);
  const offset = (index * count) % TILE_WIDTH;
  if (tile.bytes.length < (offset + count) * HASH_BYTES)
    throw new Error(`a tile is shorter than the log: subtree ${index} of height ${height}`);
  return nodeHash(tile, height % TILE_HEIGHT, offset / count);
}

/** The hash of a perfect subtree of a tile. @param height below `TILE_HEIGHT` */
function nodeHash(tile: KeptTile, height: number, index: number): Uint8Array {
  if (height === 0) return hashAt(tile.bytes, index);
  const { hashes, known } = tile.nodes;
  const place = TILE_WIDTH - 2 ** (TILE_HEIGHT + 1 - height) + index;
  const hash = hashAt(hashes, place);
  if (known[place] === 0) {
    const [left, right] = [nodeHash(tile, height - 1, index * 2), nodeHash(tile, height - 1, index * 2 + 1)];
    hash.set(merkleNodeHash(left, right, nativeSha256));
    known[place] = 1;
  }
  return hash;
}

function hashAt(hashes: Uint8Array, place: number): Uint8Array {
  return hashes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES);
}
