import { bytesToHex, equalBytes, merkleLeafHash } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { openCheckpoint, type Checkpoint } from '../checkpoint/index.js';
import type { LogFiles } from '../files/log-files.js';
import { decodeBundle } from '../tree/entry-bundle.js';
import { GrowingTree, type Tile } from '../tree/growing-tree.js';
import { HASH_BYTES, levelShape, TILE_WIDTH, tilePath, type TileId } from '../tree/tile-path.js';
import type { Findings } from './findings.js';

/** Called with every leaf of the log in order; null for a leaf that cannot be read. */
export type LeafVisitor = (index: number, leaf: Uint8Array | null) => Promise<void> | void;

/**
 * Checks the log's public files against each other and the key, after `fsck` of transparency-dev/tessera: every leaf is
 * hashed anew, every tile compared with what its leaves give, the root with the signed one. Findings: `LOG_CHECKPOINT_…`,
 * `LOG_BUNDLE_…`, `LOG_TILE_…`, `LOG_ENTRY_WRONG`, `LOG_ROOT_WRONG`.
 * @returns what the checkpoint says; null when there is none to go by
 */
export async function verifyLogFiles(
  files: LogFiles,
  publicKey: Uint8Array,
  findings: Findings,
  visit: LeafVisitor,
): Promise<Checkpoint | null> {
  const note = await files.readCheckpoint();
  if (note === null) {
    findings.error('LOG_CHECKPOINT_MISSING', 'checkpoint', 'the log has no checkpoint');
    return null;
  }
  const checkpoint = openCheckpoint(note, { name: note.split('\n', 1)[0], publicKey });
  if (!checkpoint.ok) {
    findings.error('LOG_CHECKPOINT_WRONG', 'checkpoint', checkpoint.error.message);
    return null;
  }
  await new LogVerification(files, checkpoint.value, findings, visit).run();
  return checkpoint.value;
}

class LogVerification {
  private readonly tree = new GrowingTree();
  private readonly wrongTiles: TileId[] = [];
  private readonly wrongLeaves: number[] = [];

  constructor(
    private readonly files: LogFiles,
    private readonly checkpoint: Checkpoint,
    private readonly findings: Findings,
    private readonly visit: LeafVisitor,
  ) {}

  async run(): Promise<void> {
    const { full, tail } = levelShape(this.checkpoint.size, 0);
    for (let index = 0; index < full + (tail > 0 ? 1 : 0); index++) {
      const tiles = await this.bundle(index, index < full ? TILE_WIDTH : tail);
      for (const tile of tiles) if (tile.width === TILE_WIDTH) await this.compare(tile);
    }
    for (const tile of this.tree.edgeTiles()) await this.compare(tile);
    this.judge();
  }

  /** Reads one bundle, compares its leaves with their tile, and grows the tree by it. */
  private async bundle(index: number, width: number): Promise<Tile[]> {
    const first = index * TILE_WIDTH;
    const stored = hashesOf(await this.files.read({ level: 0, index, width }), width);
    const leaves = await this.readLeaves(index, width);
    if (leaves === null) {
      for (let i = 0; i < width; i++) await this.visit(first + i, null);
      const unknown = Array.from({ length: width }, () => new Uint8Array(0));
      return this.tree.append(unknown, stored ?? undefined);
    }
    const hashes = leaves.map((leaf) => merkleLeafHash(leaf, nativeSha256));
    for (let i = 0; i < width; i++) {
      const agrees = stored === null || equalBytes(hashes[i], stored[i]);
      if (!agrees) this.wrongLeaves.push(first + i);
      await this.visit(first + i, agrees ? leaves[i] : null);
    }
    return this.tree.append(leaves, hashes);
  }

  private async readLeaves(index: number, width: number): Promise<Uint8Array[] | null> {
    const path = `tile/${tilePath({ level: 'entries', index, width })}`;
    const bytes = await this.files.read({ level: 'entries', index, width });
    if (bytes === null) {
      this.findings.error('LOG_BUNDLE_MISSING', path, `entry bundle ${path} is missing`);
      return null;
    }
    const leaves = decodeBundle(bytes);
    if (leaves?.length === width) return leaves;
    this.findings.error('LOG_BUNDLE_WRONG', path, `entry bundle ${path} does not hold ${width} entries`);
    return null;
  }

  private async compare(tile: Tile): Promise<void> {
    if (tile.level === 'entries') return;
    const stored = await this.files.read(tile);
    const path = `tile/${tilePath(tile)}`;
    if (stored === null) this.findings.error('LOG_TILE_MISSING', path, `log tile ${path} is missing`);
    else if (!equalBytes(stored, tile.bytes)) this.wrongTiles.push(tile);
  }

  /** When the leaves give the signed root, tiles that differ are wrong; otherwise leaves are. */
  private judge(): void {
    const { size, root } = this.checkpoint;
    const leavesGiveRoot = bytesToHex(this.tree.root()) === root;
    if (leavesGiveRoot) {
      for (const tile of this.wrongTiles) {
        const path = `tile/${tilePath(tile)}`;
        this.findings.error(
          'LOG_TILE_WRONG',
          path,
          `log tile ${path} does not hold the hashes of its entries`,
        );
      }
      return;
    }
    for (const leaf of this.wrongLeaves) {
      const { full, tail } = levelShape(size, 0);
      const index = Math.floor(leaf / TILE_WIDTH);
      const path = `tile/${tilePath({ level: 'entries', index, width: index < full ? TILE_WIDTH : tail })}`;
      this.findings.error(
        'LOG_ENTRY_WRONG',
        path,
        `entry ${leaf} in ${path} is not the one in the log's tiles`,
      );
    }
    if (this.wrongLeaves.length === 0)
      this.findings.error(
        'LOG_ROOT_WRONG',
        'checkpoint',
        `the ${size} entries do not give the signed root ${root}`,
      );
  }
}

function hashesOf(bytes: Uint8Array | null, width: number): Uint8Array[] | null {
  if (bytes?.length !== width * HASH_BYTES) return null;
  return Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
}
