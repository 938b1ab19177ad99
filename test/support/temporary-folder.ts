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
  remove(folder);
}

const before: (() => Promise<unknown>)[] = [];

/** Something that must have ended before the folders of a test file can go: a server that writes to one, say. */
export function beforeFoldersGo(action: () => Promise<unknown>): void {
  before.push(action);
}

/**
 * Hooks run in the order they are defined, so this one comes before the test file's own.
 * Outside of a test run (a benchmark, say) folders stay until they are removed by hand.
 */
if (typeof afterAll === 'function') {
  afterAll(async () => {
    await Promise.all(before.map((action) => action()));
    for (const folder of made) remove(folder);
  });
}

/** A PostgreSQL whose server was killed may still be writing its last files. */
function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
