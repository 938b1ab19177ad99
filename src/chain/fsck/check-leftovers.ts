import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../../common/index.js';
import type { Findings } from '../../log/index.js';
import type { FsckOptions } from './fsck-check.js';

/** Files this young may still be being written when something else runs. */
const YOUNG_MS = 3_600_000;

/** Temporary files that nobody writes any more. Warning `TEMPORARY_FILE`; removed by repair. */
export async function checkLeftovers(
  folders: readonly string[],
  findings: Findings,
  { repair, exclusive }: FsckOptions,
): Promise<void> {
  for (const folder of folders) {
    for (const path of await leftoversIn(folder, exclusive ? 0 : YOUNG_MS)) {
      if (!repair)
        findings.warning('TEMPORARY_FILE', path, `${path} was left behind by a write that never finished`);
      else {
        await rm(path, { force: true });
        findings.repaired(`removed ${path}`);
      }
    }
  }
}

/** Removes what writes of more than an hour ago left behind; younger files may belong to a process that shares the store. */
export async function removeOldLeftovers(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    for (const path of await leftoversIn(folder, YOUNG_MS)) await rm(path, { force: true });
  }
}

async function leftoversIn(folder: string, minimumAgeMs: number): Promise<string[]> {
  try {
    const paths = (await readdir(folder)).map((name) => join(folder, name));
    const ages = await Promise.all(paths.map(async (path) => Date.now() - (await stat(path)).mtimeMs));
    return paths.filter((_path, i) => ages[i] >= minimumAgeMs);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return [];
    throw thrown;
  }
}
