import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCodeOf } from './errors.js';

/** A file that will appear under `target` once its group is committed. */
export interface DurableWrite {
  readonly target: string;
  /** The bytes, or a file that is moved to the target. */
  readonly content: Uint8Array | { readonly path: string };
}

/** File operations under way at once: enough for the disk to join their flushes. */
const PARALLEL = 8;

/**
 * Writes a group of files durably: every file complete and flushed under a temporary name first, then all renamed, then
 * the folders flushed. If anything fails before the renames, nothing is visible and the temporary files are removed.
 */
export async function writeDurably(incoming: string, writes: readonly DurableWrite[]): Promise<void> {
  const staged: { temporary: string; target: string }[] = [];
  try {
    await forEachParallel(writes, async ({ target, content }) => {
      const temporary = join(incoming, randomUUID());
      staged.push({ temporary, target });
      if (content instanceof Uint8Array) await writeFlushed(temporary, content);
      else await moveFlushed(content.path, temporary);
    });
    const folders = await createFolders(writes.map(({ target }) => dirname(target)));
    await forEachParallel(staged, ({ temporary, target }) => rename(temporary, target));
    await forEachParallel([...folders], flushFolder);
  } catch (thrown) {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true })));
    throw thrown;
  }
}

/** Flushes a folder's entries, so that names created in it survive a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates missing folders; returns every folder whose entries change, new parents included. */
async function createFolders(folders: readonly string[]): Promise<Set<string>> {
  const changed = new Set(folders);
  for (const folder of new Set(folders)) {
    const created = await mkdir(folder, { recursive: true });
    if (created === undefined) continue;
    for (let at = folder; at.length >= created.length; at = dirname(at)) changed.add(dirname(at));
  }
  return changed;
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function moveFlushed(source: string, target: string): Promise<void> {
  try {
    await rename(source, target);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'EXDEV') throw thrown;
    await copyFile(source, target);
    await rm(source, { force: true });
  }
  const handle = await open(target, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Runs an action for every item, a few at a time; waits for all under way before it throws the first failure. */
export async function forEachParallel<T>(
  items: readonly T[],
  action: (item: T) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await action(items[next++]);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(PARALLEL, items.length) }, worker));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
