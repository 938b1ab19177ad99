import type { Tile } from '../tree/growing-tree.js';
import { TILE_WIDTH, type TileId } from '../tree/tile-path.js';

/** Partial tiles that were replaced, before their files are removed. */
const OUTDATED_LIMIT = 64;

/** The partial tiles at the right end of the log as they were published last, one a level, and those that they replaced. */
export class NewestTiles {
  private readonly tiles = new Map<TileId['level'], Tile>();
  private outdated: TileId[] = [];

  /** Takes what has been published. */
  replace(published: readonly Tile[]): void {
    for (const tile of published) {
      const before = this.tiles.get(tile.level);
      if (before?.index === tile.index && before.width < tile.width)
        this.outdated.push({ level: before.level, index: before.index, width: before.width });
      if (tile.width < TILE_WIDTH) this.tiles.set(tile.level, tile);
      else if (before?.index === tile.index) this.forget(tile);
    }
  }

  /** Replaced partial tiles whose files may go now: none for a while, then many. */
  takeOutdated(): readonly TileId[] {
    return this.outdated.length < OUTDATED_LIMIT ? [] : this.outdated.splice(0);
  }

  /** The bytes of a tile that is at least as wide as the one asked for; null when that is not the newest of its level. */
  get({ level, index, width }: TileId): Uint8Array | null {
    const tile = this.tiles.get(level);
    return tile?.index === index && tile.width >= width ? tile.bytes : null;
  }

  /** Forgets everything, for when files are written anew. */
  clear(): void {
    this.tiles.clear();
    this.outdated = [];
  }

  /** A full tile takes the folder of its partial ones with it. */
  private forget({ level, index }: TileId): void {
    this.tiles.delete(level);
    this.outdated = this.outdated.filter((id) => id.level !== level || id.index !== index);
  }
}
