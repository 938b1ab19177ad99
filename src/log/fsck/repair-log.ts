import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource, EntityManager } from 'typeorm';
import { bytesToHex, CodedError, err, ok, type Result } from '../../common/index.js';
import { openCheckpoint, signCheckpoint, type Checkpoint, type NoteSigner } from '../checkpoint/index.js';
import type { LogLeaf } from '../entry.js';
import type { LogFiles } from '../files/log-files.js';
import { GrowingTree } from '../tree/growing-tree.js';

const BATCH = 2048;

/**
 * Writes tiles, bundles and checkpoint anew from the numbered rows of the database. Where a checkpoint was signed before,
 * the rows must give its root at its size: a log never takes back what it signed. `LOG_UNREPAIRABLE` otherwise.
 * Call it only while nothing is sequenced.
 */
export async function rebuildLogFiles(
  dataSource: DataSource,
  files: LogFiles,
  signer: NoteSigner,
): Promise<Result<Checkpoint>> {
  const signed = await signedCheckpoint(files, signer.publicKey);
  const possible = signed === null ? ok() : await rowsGive(dataSource, signed);
  if (!possible.ok) return possible;
  const tree = new GrowingTree();
  await rm(join(files.folder, 'tile'), { recursive: true, force: true });
  for (;;) {
    const leaves = await leavesFrom(dataSource, tree.size);
    if (leaves.length === 0) break;
    const tiles = tree.append(leaves);
    await files.writeTiles(tiles);
    await files.dropNarrower(tiles);
  }
  const name = signed?.origin ?? signer.name;
  const checkpoint = { origin: name, size: tree.size, root: bytesToHex(tree.root()) };
  await files.writeCheckpoint(
    signCheckpoint(checkpoint, { ...signer, sign: (bytes) => signer.sign(bytes), name }),
  );
  return ok(checkpoint);
}

/** Makes the database's row of a leaf what the published log says; used inside one transaction for all. */
export async function putLeafRow(manager: EntityManager, index: number, leaf: Uint8Array): Promise<void> {
  const text = new TextDecoder().decode(leaf);
  const { kind, subject } = JSON.parse(text) as LogLeaf;
  await manager.query(
    `INSERT INTO log_entries (kind, subject, leaf, leaf_index) VALUES ($1, $2, $3, $4)
     ON CONFLICT (leaf_index) DO UPDATE SET kind = excluded.kind, subject = excluded.subject, leaf = excluded.leaf`,
    [kind, subject, text, index],
  );
}

/** Sets the count of given-out numbers to what rows and published log have. */
export async function putAssigned(manager: EntityManager, size: number): Promise<void> {
  await manager.query(
    `UPDATE log_state SET assigned = greatest($1::bigint, (SELECT coalesce(max(leaf_index) + 1, 0) FROM log_entries))
     WHERE id = 1`,
    [size],
  );
}

async function signedCheckpoint(files: LogFiles, publicKey: Uint8Array): Promise<Checkpoint | null> {
  const note = await files.readCheckpoint();
  if (note === null) return null;
  const opened = openCheckpoint(note, { name: note.split('\n', 1)[0], publicKey });
  return opened.ok ? opened.value : null;
}

async function rowsGive(dataSource: DataSource, { size, root }: Checkpoint): Promise<Result<void>> {
  const tree = new GrowingTree();
  while (tree.size < size) {
    const leaves = await leavesFrom(dataSource, tree.size);
    if (leaves.length === 0) break;
    tree.append(leaves.slice(0, size - tree.size));
  }
  if (tree.size === size && bytesToHex(tree.root()) === root) return ok();
  return err(
    new CodedError(
      'LOG_UNREPAIRABLE',
      `The database's entries do not give the root signed for ${size} entries; restore the log or the database from a backup.`,
      { size },
    ),
  );
}

/** Numbered leaves from `first` on without a gap, at most one batch. */
async function leavesFrom(dataSource: DataSource, first: number): Promise<Uint8Array[]> {
  const rows = await dataSource.query<{ leaf_index: string; leaf: string }[]>(
    `SELECT leaf_index, leaf FROM log_entries WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT ${BATCH}`,
    [first],
  );
  const gap = rows.findIndex(({ leaf_index }, i) => Number(leaf_index) !== first + i);
  return rows.slice(0, gap < 0 ? rows.length : gap).map(({ leaf }) => Buffer.from(leaf));
}
