import { bytesToHex, CodedError, err, ok, type Result } from '../../common/index.js';
import {
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
  type NoteSigner,
} from '../checkpoint/index.js';
import type { LogFiles } from '../files/log-files.js';
import { decodeBundle } from '../tree/entry-bundle.js';
import { GrowingTree, type TreeEdge } from '../tree/growing-tree.js';
import { HASH_BYTES, levelShape } from '../tree/tile-path.js';

/** The key a log is signed with; the name comes from the log itself once it has one. */
export type LogKey = Pick<NoteSigner, 'publicKey' | 'sign'>;

/**
 * Puts leaves into the public files: tiles and bundles first, then the checkpoint, each durable before the next. After a
 * failure it must be opened anew; the same leaves then give the same files.
 */
export class LogPublisher {
  private constructor(
    private readonly files: LogFiles,
    private readonly signer: NoteSigner,
    private readonly tree: GrowingTree,
    /** The last leaf, to compare with the database; null in an empty log. */
    readonly lastLeaf: Uint8Array | null,
  ) {}

  /**
   * Continues the log in a folder, or begins one named `name` with an empty checkpoint. Refusals: `NOTE_SIGNATURE`,
   * `NOTE_FORMAT`, `CHECKPOINT_FORMAT`, `LOG_DAMAGED` when the files do not give the root that was signed.
   */
  static async open(files: LogFiles, key: LogKey, name: string): Promise<Result<LogPublisher>> {
    const note = await files.readCheckpoint();
    const signer: NoteSigner = {
      name: note?.split('\n', 1)[0] ?? name,
      publicKey: key.publicKey,
      sign: (bytes) => key.sign(bytes),
    };
    if (note === null) {
      const publisher = new LogPublisher(files, signer, new GrowingTree(), null);
      await files.writeCheckpoint(signCheckpoint(publisher.checkpoint(), signer));
      return ok(publisher);
    }
    const checkpoint = openCheckpoint(note, signer);
    if (!checkpoint.ok) return checkpoint;
    const edge = await readEdge(files, checkpoint.value.size);
    if (edge === null) return err(damaged(checkpoint.value, 'a tile at its end is missing'));
    const tree = new GrowingTree(edge);
    if (bytesToHex(tree.root()) !== checkpoint.value.root)
      return err(damaged(checkpoint.value, 'its last tiles do not give the signed root'));
    return ok(new LogPublisher(files, signer, tree, await readLastLeaf(files, checkpoint.value.size)));
  }

  /** Number of leaves published. */
  get size(): number {
    return this.tree.size;
  }

  /** Publishes leaves after those published so far. */
  async publish(leaves: readonly Uint8Array[]): Promise<Checkpoint> {
    const tiles = this.tree.append(leaves);
    const checkpoint = this.checkpoint();
    await this.files.publish(tiles, signCheckpoint(checkpoint, this.signer));
    return checkpoint;
  }

  private checkpoint(): Checkpoint {
    return { origin: this.signer.name, size: this.tree.size, root: bytesToHex(this.tree.root()) };
  }
}

/** A checkpoint with its note, unchecked. */
export type ClaimedCheckpoint = Checkpoint & { readonly note: string };

/** The size and root a folder's checkpoint claims, unchecked; null before the first. */
export async function claimedCheckpoint(
  files: Pick<LogFiles, 'readCheckpoint'>,
): Promise<ClaimedCheckpoint | null> {
  return claimOf(await files.readCheckpoint());
}

/** The size and root a note claims, unchecked; null for no note and for one that is no checkpoint. */
export function claimOf(note: string | null): ClaimedCheckpoint | null {
  if (note === null) return null;
  const parsed = parseCheckpoint(note);
  return parsed.ok ? { ...parsed.value, note } : null;
}

async function readEdge(files: LogFiles, size: number): Promise<TreeEdge | null> {
  const levels: Uint8Array[][] = [];
  for (let level = 0; levelShape(size, level).hashes > 0; level++) {
    const { full, tail } = levelShape(size, level);
    const bytes = tail === 0 ? new Uint8Array(0) : await files.read({ level, index: full, width: tail });
    if (bytes?.length !== tail * HASH_BYTES) return null;
    levels.push(Array.from({ length: tail }, (_, i) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES)));
  }
  const { full, tail } = levelShape(size, 0);
  const bundle =
    tail === 0 ? new Uint8Array(0) : await files.read({ level: 'entries', index: full, width: tail });
  const leaves = bundle === null ? null : decodeBundle(bundle);
  return leaves?.length === tail ? { size, leaves, levels } : null;
}

async function readLastLeaf(files: LogFiles, size: number): Promise<Uint8Array | null> {
  if (size === 0) return null;
  const { full, tail } = levelShape(size, 0);
  const last = tail === 0 ? { index: full - 1, width: 256 } : { index: full, width: tail };
  const bundle = await files.read({ level: 'entries', ...last });
  return (bundle === null ? null : decodeBundle(bundle))?.at(-1) ?? null;
}

function damaged({ size }: Checkpoint, what: string): CodedError {
  return new CodedError(
    'LOG_DAMAGED',
    `The log of ${size} leaves is damaged: ${what}. Run: stemma fsck --repair`,
    { size },
    503,
  );
}
