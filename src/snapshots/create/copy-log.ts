import { CodedError, type Result, err, ok } from '../../common/index.js';
import {
  Findings,
  levelShape,
  LogFiles,
  openCheckpoint,
  tilePath,
  verifyLogFiles,
  TILE_WIDTH,
  type TileId,
} from '../../log/index.js';
import type { SnapshotWriter } from './snapshot-writer.js';

/** How often a partial tile is looked for: between two looks a wider one may take its place. */
const LOOKS = 3;

/**
 * Copies the log as its checkpoint `note` has it: tiles and entries up to its size, in their exact widths, and the note itself; then
 * checks the copy against the root that was signed. `SNAPSHOT_SOURCE` when the log is damaged.
 */
export async function copyLog(
  files: LogFiles,
  note: string,
  publicKey: Uint8Array,
  writer: SnapshotWriter,
): Promise<Result<void>> {
  const checkpoint = openCheckpoint(note, { name: note.split('\n', 1)[0], publicKey });
  if (!checkpoint.ok) return err(damaged(checkpoint.error.message));
  for (const tile of tilesOf(checkpoint.value.size)) {
    const bytes = await readTile(files, tile);
    if (bytes === null) return err(damaged(`tile/${tilePath(tile)} is missing`));
    await writer.add(`log/tile/${tilePath(tile)}`, bytes);
  }
  await writer.add('log/checkpoint', Buffer.from(note));
  const findings = new Findings();
  await verifyLogFiles(new LogFiles(writer.pathOf('log')), publicKey, findings, () => Promise.resolve());
  return findings.errors === 0 ? ok() : err(damaged(findings.list[0].detail));
}

function* tilesOf(size: number): Iterable<TileId> {
  for (let level = 0; levelShape(size, level).hashes > 0; level++) {
    const { full, tail } = levelShape(size, level);
    for (let index = 0; index < full + (tail > 0 ? 1 : 0); index++) {
      const width = index < full ? TILE_WIDTH : tail;
      yield { level, index, width };
      if (level === 0) yield { level: 'entries', index, width };
    }
  }
}

async function readTile(files: LogFiles, tile: TileId): Promise<Uint8Array | null> {
  for (let look = 1; ; look++) {
    const bytes = await files.read(tile);
    if (bytes !== null || look === LOOKS) return bytes;
  }
}

function damaged(what: string): CodedError {
  return new CodedError('SNAPSHOT_SOURCE', `The log is damaged: ${what}. Run: stemma fsck --repair`, {}, 503);
}
