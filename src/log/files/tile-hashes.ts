import { merkleRoot } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SubtreeId } from '../tree/proofs.js';
import { HASH_BYTES, levelShape, TILE_WIDTH } from '../tree/tile-path.js';
import type { LogFiles } from './log-files.js';

/** Levels of the binary tree that one tile spans: 2^8 = 256. */
const TILE_HEIGHT = 8;
/** Full tiles kept in memory, 8 KiB each. */
const CACHE_LIMIT = 128;

/** Reads hashes of perfect subtrees from tiles; full tiles are kept, as they never change. */
export class TileHashes {
  private readonly full = new Map<string, Uint8Array>();

  constructor(private readonly files: LogFiles) {}

  /** The hash of a perfect subtree within the first `size` leaves. Throws when a tile that must be there is not. */
  async hash({ height, index }: SubtreeId, size: number): Promise<Uint8Array> {
    const level = Math.floor(height / TILE_HEIGHT);
    const count = 2 ** (height % TILE_HEIGHT);
    const first = index * count;
    const bytes = await this.tile(level, Math.floor(first / TILE_WIDTH), size);
    const offset = first % TILE_WIDTH;
    const hashes = Array.from({ length: count }, (_, i) =>
      bytes.subarray((offset + i) * HASH_BYTES, (offset + i + 1) * HASH_BYTES),
    );
    if (hashes[count - 1].length !== HASH_BYTES)
      throw new Error(`tile ${level}/${index} is shorter than the log`);
    return merkleRoot(hashes, nativeSha256);
  }

  private async tile(level: number, index: number, size: number): Promise<Uint8Array> {
    const key = `${level}/${index}`;
    const kept = this.full.get(key);
    if (kept !== undefined) return kept;
    const shape = levelShape(size, level);
    const width = index < shape.full ? TILE_WIDTH : shape.tail;
    const bytes = await this.files.read({ level, index, width });
    if (bytes === null) throw new Error(`log tile ${key} of width ${width} is missing`);
    if (width === TILE_WIDTH) this.keep(key, bytes);
    return bytes;
  }

  private keep(key: string, bytes: Uint8Array): void {
    if (this.full.size >= CACHE_LIMIT) this.full.delete(this.full.keys().next().value!);
    this.full.set(key, bytes);
  }
}
