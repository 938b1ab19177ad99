import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();

/** A new empty folder that the users of other processes (PostgreSQL's) may enter; removed when the process ends. */
export function temporaryFolder(name = 'test'): string {
  const folder = mkdtempSync(join(tmpdir(), `stemma-${name}-`));
  chmodSync(folder, 0o755);
  if (made.size === 0) process.once('exit', removeAll);
  made.add(folder);
  return folder;
}

/** Removes a folder made here before the process ends. */
export function removeFolder(folder: string): void {
  made.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}

function removeAll(): void {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
}
