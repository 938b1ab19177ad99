import { merkleNodeHash } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SubtreeId } from '../tree/proofs.js';
import { HASH_BYTES, levelShape, TILE_WIDTH } from '../tree/tile-path.js';
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
  async hash({ height, index }: SubtreeId, size: number): Promise<Uint8Array> {
    const level = Math.floor(height / TILE_HEIGHT);
    const within = height % TILE_HEIGHT;
    const count = 2 ** within;
    const first = index * count;
    const tile = await this.tile(level, Math.floor(first / TILE_WIDTH), size);
    const offset = first % TILE_WIDTH;
    if (tile.bytes.length < (offset + count) * HASH_BYTES)
      throw new Error(`tile ${level}/${index} is shorter than the log`);
    return nodeHash(tile, within, offset / count);
  }

  private async tile(level: number, index: number, size: number): Promise<KeptTile> {
    const key = `${level}/${index}`;
    const shape = levelShape(size, level);
    const width = index < shape.full ? TILE_WIDTH : shape.tail;
    const kept = this.tiles.get(key);
    if (kept !== undefined && kept.bytes.length >= width * HASH_BYTES) return kept;
    const bytes = await this.files.readNewest({ level, index, width });
    if (bytes === null) throw new Error(`log tile ${key} of width ${width} is missing`);
    const tile = { bytes, nodes: kept?.nodes ?? Array.from({ length: TILE_HEIGHT }, () => []) };
    this.keep(key, tile);
    return tile;
  }

  /** Keeps a tile; the one that was read longest ago goes. */
  private keep(key: string, tile: KeptTile): void {
    this.tiles.delete(key);
    if (this.tiles.size >= CACHE_LIMIT) this.tiles.delete(this.tiles.keys().next().value as string);
    this.tiles.set(key, tile);
  }
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
