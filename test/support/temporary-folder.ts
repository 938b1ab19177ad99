import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();

/** A new empty folder that the users of other processes (PostgreSQL's) may enter; removed after the test file. */
export function temporaryFolder(name = 'test'): string {
  const folder = mkdtempSync(join(tmpdir(), `stemma-${name}-`));
  chmodSync(folder, 0o755);
  made.add(folder);
  return folder;
}

/** Removes a folder made here before that. */
export function removeFolder(folder: string): void {
  made.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}

/** Outside of a test run (a benchmark, say) folders stay until they are removed by hand. */
if (typeof afterAll === 'function') {
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
}
