import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CodedError } from '../../common/index.js';
import { flushFolder, forEachParallel } from '../../common/durable-files.js';
import type { SnapshotFile } from '../manifest.js';
import type { CheckedSnapshot } from './check-snapshot.js';

/** What goes back to its place in the data folder; settings go beside it, for a person to compare. */
const PLACES: readonly (readonly [string, string])[] = [
  ['blobs/', 'blobs/'],
  ['log/', 'log/'],
  ['kernels/', 'kernels/'],
  ['settings/', 'settings-of-snapshot/'],
];

/** Copies blobs, log, kernels and settings durably into a data folder. @param onBytes told after each file */
export async function placeFiles(
  dataDir: string,
  { folder, manifest }: CheckedSnapshot,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const folders = new Set<string>();
  await forEachParallel(manifest.files, async (file) => {
    const place = PLACES.find(([prefix]) => file.path.startsWith(prefix));
    if (place === undefined) return;
    const target = join(dataDir, place[1], file.path.slice(place[0].length));
    await mkdir(dirname(target), { recursive: true });
    await copyChecked(join(folder, file.path), target, file);
    for (let at = dirname(target); at.length >= dataDir.length; at = dirname(at)) folders.add(at);
    onBytes(file.bytes);
  });
  for (const each of folders) await flushFolder(each);
}

/** Copies one file durably over whatever is there. Throws `SNAPSHOT_DAMAGED` when it is not what the manifest says any more. */
export async function copyChecked(
  from: string,
  to: string,
  { path, sha256 }: SnapshotFile,
  mode = 0o644,
): Promise<void> {
  const handle = await open(to, 'w', mode);
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(from, { highWaterMark: 1024 * 1024 })) {
      hash.update(piece as Uint8Array);
      await handle.writeFile(piece as Uint8Array);
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  if (hash.digest('hex') !== sha256)
    throw new CodedError('SNAPSHOT_DAMAGED', `The snapshot is damaged: ${path}.`, { files: [path] });
}
