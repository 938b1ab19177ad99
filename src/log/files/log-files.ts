import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../common/index.js';
import { sliceBundle } from '../tree/entry-bundle.js';
import type { Tile } from '../tree/growing-tree.js';
import { NewestTiles } from './newest-tiles.js';
import { RoundWriter, type Round, type RoundFile } from './write-round.js';
import { HASH_BYTES, TILE_WIDTH, tilePath, type TileId } from '../tree/tile-path.js';

/**
 * The log's public files: `checkpoint` and `tile/…` as C2SP tlog-tiles lays them out. Of a partial tile the widest is kept and, for a
 * while, some that it replaced; narrower ones are cut from it on reading.
 */
export class LogFiles {
  private readonly newest = new NewestTiles();
  private own: { readonly note: string; readonly at: number } | null = null;
  private written = 0;

  /** @param writer how files get to the disk: a server gives one with a thread of its own */
  constructor(
    readonly folder: string,
    private readonly writer: { write(round: Round): Promise<void> | void } = new RoundWriter(
      incomingOf(folder),
    ),
  ) {}

  /**
   * Adds tiles and bundles and then replaces the checkpoint by one that covers them: it is not to be seen before they are durable,
   * and both are durable on return. Partial tiles that are no longer of use go some time later, many at once.
   */
  async publish(tiles: readonly Tile[], note: string): Promise<void> {
    const full = tiles.filter(({ width }) => width === TILE_WIDTH).map((id) => this.partialsOf(id));
    const outdated = this.newest.takeOutdated().map((id) => this.pathOf(id));
    await this.writer.write({
      ...{ files: this.filesOf(tiles), seal: this.checkpointFile(note) },
      removed: [...outdated, ...full],
    });
    this.newest.replace(tiles);
    this.noteWritten(note);
  }

  /** Writes tiles and bundles durably. */
  async writeTiles(tiles: readonly Tile[]): Promise<void> {
    this.newest.clear();
    await this.writer.write({ files: this.filesOf(tiles), seal: null, removed: [] });
  }

  /** How often this object has replaced the checkpoint: what was read before the last time may be old. */
  get checkpointsWritten(): number {
    return this.written;
  }

  /** The checkpoint this object wrote last and when, by `performance.now()`; null before it wrote one. */
  get checkpointWritten(): { readonly note: string; readonly at: number } | null {
    return this.own;
  }

  /** Replaces the checkpoint durably. */
  async writeCheckpoint(note: string): Promise<void> {
    await this.writer.write({ files: [], seal: this.checkpointFile(note), removed: [] });
    this.noteWritten(note);
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

  /** As `read`, of what this object published last and still has in memory; null for everything else. */
  newestOf(id: TileId): Uint8Array | null {
    const kept = this.newest.get(id);
    return kept === null ? null : cut(id, kept);
  }

  /** Removes partial tiles that a wider one has replaced. */
  async dropNarrower(tiles: readonly TileId[]): Promise<void> {
    for (const id of tiles) {
      if (id.width === TILE_WIDTH) {
        await rm(this.partialsOf(id), { recursive: true, force: true });
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

  private filesOf(tiles: readonly Tile[]): RoundFile[] {
    return tiles.map((tile) => ({ target: this.pathOf(tile), bytes: tile.bytes }));
  }

  private checkpointFile(note: string): RoundFile {
    return { target: join(this.folder, 'checkpoint'), bytes: Buffer.from(note) };
  }

  private noteWritten(note: string): void {
    this.own = { note, at: performance.now() };
    this.written++;
  }

  /** The folder of a tile's partial versions. */
  private partialsOf(id: TileId): string {
    return dirname(this.pathOf({ ...id, width: 1 }));
  }

  private async partialWidths(id: TileId): Promise<number[]> {
    try {
      const names = await readdir(this.partialsOf(id));
      return names.map(Number).filter((width) => width > 0 && width < TILE_WIDTH);
    } catch (thrown) {
      if (systemCodeOf(thrown) === 'ENOENT') return [];
      throw thrown;
    }
  }
}

/** Where a log folder's files wait until they are whole. */
export function incomingOf(folder: string): string {
  return join(folder, 'incoming');
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
