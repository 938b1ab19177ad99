import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CodedError, err, messageOf, ok, systemCodeOf, type Result } from '../common/index.js';

/** Bytes written and synced at start, to notice a full disk before anything depends on it. */
const PROBE_BYTES = 1024 * 1024;

/** Lies in a data folder while a snapshot is being put back there, and stays when that does not come to its end. */
export const RESTORE_MARK = 'restore.unfinished';

/** Whether the folder holds half a restore. Refusal: RESTORE_UNFINISHED. */
export function checkRestored(folder: string): Result<void> {
  if (!existsSync(join(folder, RESTORE_MARK))) return ok();
  const detail = `a restore into ${folder} did not come to its end; do it again: stemma snapshot restore --force`;
  return err(new CodedError('RESTORE_UNFINISHED', detail));
}

/**
 * Makes the data folder and proves that it can be written to.
 * Refusals: STORAGE_READ_ONLY, STORAGE_FULL, STORAGE_UNUSABLE.
 */
export function prepareDataFolder(folder: string): Result<void> {
  const probe = join(folder, `.probe-${process.pid}`);
  try {
    makeFolder(folder);
    const descriptor = openSync(probe, 'w');
    try {
      writeSync(descriptor, new Uint8Array(PROBE_BYTES));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
      rmSync(probe, { force: true });
    }
    return ok();
  } catch (thrown) {
    return err(storageError(folder, thrown));
  }
}

/** Node's own recursive mkdir never returns on file systems that answer ENOENT below an existing folder (such as /proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** What a failed write to a folder means for people. */
export function storageError(folder: string, thrown: unknown): CodedError {
  switch (systemCodeOf(thrown)) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new CodedError('STORAGE_READ_ONLY', `the data folder ${folder} cannot be written to`, {}, 507);
    case 'ENOSPC':
    case 'EDQUOT':
      return new CodedError('STORAGE_FULL', `the disk of ${folder} is full`, {}, 507);
    default:
      return new CodedError(
        'STORAGE_UNUSABLE',
        `the data folder ${folder} cannot be used: ${messageOf(thrown)}`,
        {},
        507,
      );
  }
}
