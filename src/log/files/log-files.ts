import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../common/index.js';
import { writeDurably } from '../../common/durable-files.js';
import { sliceBundle } from '../tree/entry-bundle.js';
import type { Tile } from '../tree/growing-tree.js';
import { HASH_BYTES, TILE_WIDTH, tilePath, type TileId } from '../tree/tile-path.js';

/**
 * The log's public files: `checkpoint` and `tile/…` as C2SP tlog-tiles lays them out. Of a partial tile only the widest
 * is kept; narrower ones are cut from it on reading.
 */
export class LogFiles {
  private readonly incoming: string;
  private written = 0;

  constructor(readonly folder: string) {
    this.incoming = join(folder, 'incoming');
  }

  /** Writes tiles and bundles durably, all or none. */
  async writeTiles(tiles: readonly Tile[]): Promise<void> {
    await mkdir(this.incoming, { recursive: true });
    await writeDurably(
      this.incoming,
      tiles.map((tile) => ({ target: this.pathOf(tile), content: tile.bytes })),
    );
  }

  /** How often this object has replaced the checkpoint: what was read before the last time may be old. */
  get checkpointsWritten(): number {
    return this.written;
  }

  /** Replaces the checkpoint durably. */
  async writeCheckpoint(note: string): Promise<void> {
    await mkdir(this.incoming, { recursive: true });
    await writeDurably(this.incoming, [
      { target: join(this.folder, 'checkpoint'), content: Buffer.from(note) },
    ]);
    this.written++;
  }

  /** The signed checkpoint; null before the first. */
  async readCheckpoint(): Promise<string | null> {
    const bytes = await readIfThere(join(this.folder, 'checkpoint'));
    return bytes === null ? null : bytes.toString('utf8');
  }

  /** The bytes of a tile or bundle of that width, from the file itself or from a wider one; null when there is none. */
  async read(id: TileId): Promise<Uint8Array | null> {
    const exact = await readIfThere(this.pathOf(id));
    if (exact !== null || id.width === TILE_WIDTH) return exact;
    for (const width of [TILE_WIDTH, ...(await this.partialWidths(id)).filter((wider) => wider > id.width)]) {
      const wider = await readIfThere(this.pathOf({ ...id, width }));
      if (wider !== null) return cut(id, wider);
    }
    return null;
  }

  /** Removes partial tiles that a wider one has replaced. */
  async dropNarrower(tiles: readonly TileId[]): Promise<void> {
    for (const id of tiles) {
      if (id.width === TILE_WIDTH) {
        await rm(dirname(this.pathOf({ ...id, width: 1 })), { recursive: true, force: true });
        continue;
      }
      for (const width of await this.partialWidths(id))
        if (width < id.width) await rm(this.pathOf({ ...id, width }), { force: true });
    }
  }

  /** Where a tile lies. */
  pathOf(id: TileId): string {
    return join(this.folder, 'tile', tilePath(id));
  }

  private async partialWidths(id: TileId): Promise<number[]> {
    try {
      const names = await readdir(dirname(this.pathOf({ ...id, width: 1 })));
      return names.map(Number).filter((width) => width > 0 && width < TILE_WIDTH);
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return [];
      throw thrown;
    }
  }
}

function cut({ level, width }: TileId, bytes: Uint8Array): Uint8Array | null {
  if (level === 'entries') return sliceBundle(bytes, width);
  return bytes.length >= width * HASH_BYTES ? bytes.subarray(0, width * HASH_BYTES) : null;
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}
