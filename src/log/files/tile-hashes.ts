import { merkleNodeHash } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SubtreeId } from '../tree/proofs.js';
import { HASH_BYTES, levelShape, TILE_WIDTH, type TileId } from '../tree/tile-path.js';
import type { LogFiles } from './log-files.js';

/** Levels of the binary tree that one tile spans: 2^8 = 256. */
const TILE_HEIGHT = 8;
/** Tiles kept in memory, up to 8 KiB each, and as much again for the hashes above. */
const CACHE_LIMIT = 128;

/** A tile as wide as it was when it was read, with the hashes of subtrees within it, `[height][index]`, as far as they were asked for. */
interface KeptTile {
  readonly bytes: Uint8Array;
  readonly nodes: (Uint8Array | undefined)[][];
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
    const nodes = this.tiles.get(key)?.nodes ?? Array.from({ length: TILE_HEIGHT }, () => []);
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
function nodeHash({ bytes, nodes }: KeptTile, height: number, index: number): Uint8Array {
  if (height === 0) return bytes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  return (nodes[height][index] ??= merkleNodeHash(
    nodeHash({ bytes, nodes }, height - 1, index * 2),
    nodeHash({ bytes, nodes }, height - 1, index * 2 + 1),
    nativeSha256,
  ));
}
