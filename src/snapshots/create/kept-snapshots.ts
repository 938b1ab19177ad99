import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../../common/index.js';
import { SNAPSHOT_ID } from '../manifest-shape.js';
import { MANIFEST_FILE, openManifest, type SnapshotManifest } from '../manifest.js';

/** A finished snapshot. */
export interface KeptSnapshot {
  readonly folder: string;
  readonly manifest: SnapshotManifest;
}

/** The finished snapshots a node made, newest first; what is altered or another node's is passed over. */
export async function keptSnapshots(folder: string, key: string): Promise<KeptSnapshot[]> {
  const kept: KeptSnapshot[] = [];
  for (const name of (await namesIn(folder)).filter((each) => SNAPSHOT_ID.test(each)).reverse()) {
    const text = await readFile(join(folder, name, MANIFEST_FILE), 'utf8').catch(() => '');
    const manifest = openManifest(text);
    if (manifest.ok && manifest.value.key === key && manifest.value.id === name)
      kept.push({ folder: join(folder, name), manifest: manifest.value });
  }
  return kept;
}

/** Removes all but the newest `keep` of them. @returns the ids of those removed */
export async function dropOldest(snapshots: readonly KeptSnapshot[], keep: number): Promise<string[]> {
  const old = snapshots.slice(keep);
  for (const { folder } of old) {
    // without its manifest a folder is no snapshot, however far the removal gets
    await rm(join(folder, MANIFEST_FILE), { force: true });
    await rm(folder, { recursive: true, force: true });
  }
  return old.map(({ manifest }) => manifest.id);
}

/** Removes what snapshots that were cut short have left; call it only while none is being made. @returns how many */
export async function dropUnfinished(folder: string): Promise<number> {
  const names = (await namesIn(folder)).filter(
    (name) => name.endsWith('.partial') && SNAPSHOT_ID.test(name.slice(0, -'.partial'.length)),
  );
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
  return names.length;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
