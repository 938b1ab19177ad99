import { lstat, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CodedError, err, hexToBytes, ok, type Result } from '../../common/index.js';
import { forEachParallel } from '../../common/durable-files.js';
import { openCheckpoint } from '../../log/index.js';
import { sha256OfFile } from '../file-hash.js';
import { MANIFEST_FILE, openManifest, type SnapshotFile, type SnapshotManifest } from '../manifest.js';

/** A snapshot whose every byte is what its manifest says. */
export interface CheckedSnapshot {
  readonly folder: string;
  readonly manifest: SnapshotManifest;
}

/** Told how many bytes are checked or put back. */
export type RestoreProgress = (done: number, total: number, step: string) => void;

/** Largest manifest that is read, bytes: about a million files. */
const LARGEST_MANIFEST = 256 * 1024 * 1024;
/** Damaged files that a refusal names. */
const NAMED = 10;

/**
 * Checks the signature of a snapshot and the hash of every file. Refusals: `SNAPSHOT_MISSING` (no finished snapshot there),
 * `SNAPSHOT_MANIFEST`, `SNAPSHOT_SIGNATURE`, `SNAPSHOT_KEY` (another key than `key` signed it), `SNAPSHOT_DAMAGED`, naming files.
 * @param key 64 hex digits the snapshot must be signed with; null takes any
 */
export async function checkSnapshot(
  from: string,
  key: string | null,
  onProgress: RestoreProgress,
): Promise<Result<CheckedSnapshot>> {
  const folder = resolve(from);
  const text = await readManifest(folder);
  const opened = text.ok ? openManifest(text.value) : text;
  if (!opened.ok) return opened;
  const manifest = opened.value;
  if (key !== null && key.toLowerCase() !== manifest.key)
    return err(new CodedError('SNAPSHOT_KEY', `Another key signed it: ${manifest.key}.`));
  const publicKey = hexToBytes(manifest.key);
  const checkpoint = openCheckpoint(manifest.checkpoint, {
    name: manifest.checkpoint.split('\n', 1)[0],
    publicKey,
  });
  if (!checkpoint.ok) return checkpoint;
  const damaged = await findDamaged(folder, manifest.files, onProgress);
  return damaged.length === 0 ? ok({ folder, manifest }) : err(damage(damaged));
}

async function readManifest(folder: string): Promise<Result<string>> {
  const path = join(folder, MANIFEST_FILE);
  const found = await lstat(path).catch(() => null);
  if (found?.isFile() !== true || found.size > LARGEST_MANIFEST)
    return err(new CodedError('SNAPSHOT_MISSING', `${folder} holds no finished snapshot.`, {}, 404));
  return ok(await readFile(path, 'utf8'));
}

async function findDamaged(
  folder: string,
  files: readonly SnapshotFile[],
  onProgress: RestoreProgress,
): Promise<string[]> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const damaged: string[] = [];
  let done = 0;
  await forEachParallel(files, async (file) => {
    if (!(await isIntact(folder, file))) damaged.push(file.path);
    onProgress((done += file.bytes), total, 'checking');
  });
  return damaged.sort();
}

async function isIntact(folder: string, { path, bytes, sha256 }: SnapshotFile): Promise<boolean> {
  const found = await lstat(join(folder, path)).catch(() => null);
  if (found?.isFile() !== true || found.size !== bytes) return false;
  return (await sha256OfFile(join(folder, path)).catch(() => null)) === sha256;
}

function damage(files: readonly string[]): CodedError {
  const more = files.length > NAMED ? ` and ${files.length - NAMED} more` : '';
  const detail = `The snapshot is damaged: ${files.slice(0, NAMED).join(', ')}${more}.`;
  return new CodedError('SNAPSHOT_DAMAGED', detail, { files: files.slice(0, NAMED) });
}
