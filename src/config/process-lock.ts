import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { CodedError, err, ok, systemCodeOf, type Result } from '../common/index.js';

/** Who holds a data folder. */
export interface LockHolder {
  readonly pid: number;
  /** Start time of that process in kernel ticks since boot, so that a recycled pid is not mistaken for it. */
  readonly started: string | null;
  /** What the process is: a server, or a command that works on the folder alone. */
  readonly purpose: 'server' | 'command';
  /** Base URL of the server, once it listens. */
  readonly url: string | null;
}

const LOCK_FILE = 'stemma.lock';
const ATTEMPTS = 20;

/** The exclusive right of one process to a data folder; a crash releases it, because the holder is then seen to be gone. */
export class ProcessLock {
  private holder: LockHolder;

  private constructor(
    private readonly folder: string,
    holder: LockHolder,
  ) {
    this.holder = holder;
  }

  /** Takes the lock. Refusal: DATA_DIR_LOCKED, naming who holds it. */
  static acquire(folder: string, purpose: LockHolder['purpose']): Result<ProcessLock> {
    const holder: LockHolder = { pid: process.pid, started: startTimeOf(process.pid), purpose, url: null };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (createLock(folder, holder)) return ok(new ProcessLock(folder, holder));
      const other = readLockFile(folder);
      if (other !== null && isAlive(other)) return err(lockedBy(folder, other));
      removeStale(folder);
    }
    return err(new CodedError('DATA_DIR_LOCKED', `${folder} is being taken by other processes; try again`));
  }

  /** Tells other processes where the server answers. */
  announce(url: string): void {
    this.holder = { ...this.holder, url };
    const temporary = join(this.folder, `${LOCK_FILE}.${randomUUID()}`);
    writeDurably(temporary, JSON.stringify(this.holder));
    renameSync(temporary, join(this.folder, LOCK_FILE));
  }

  /** Gives the folder back. */
  release(): void {
    const current = readLockFile(this.folder);
    if (current?.pid === process.pid) rmSync(join(this.folder, LOCK_FILE), { force: true });
  }
}

/** The living process that holds a data folder, if any. */
export function lockHolder(folder: string): LockHolder | null {
  const holder = readLockFile(folder);
  return holder !== null && isAlive(holder) ? holder : null;
}

/** Links a finished file into place: the lock appears whole or not at all, and only one process can win. */
function createLock(folder: string, holder: LockHolder): boolean {
  const temporary = join(folder, `${LOCK_FILE}.${randomUUID()}`);
  writeDurably(temporary, JSON.stringify(holder));
  try {
    linkSync(temporary, join(folder, LOCK_FILE));
    return true;
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Moves a dead holder's file aside; if somebody alive took the lock in between, it is put back. */
function removeStale(folder: string): void {
  const aside = join(folder, `${LOCK_FILE}.${randomUUID()}`);
  try {
    renameSync(join(folder, LOCK_FILE), aside);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return;
    throw thrown;
  }
  const moved = readHolder(aside);
  if (moved !== null && isAlive(moved)) {
    try {
      linkSync(aside, join(folder, LOCK_FILE));
    } catch (thrown) {
      if (systemCodeOf(thrown) !== 'EEXIST') throw thrown;
    }
  }
  rmSync(aside, { force: true });
}

function readLockFile(folder: string): LockHolder | null {
  return readHolder(join(folder, LOCK_FILE));
}

function readHolder(file: string): LockHolder | null {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<LockHolder>;
    if (typeof value.pid !== 'number' || !Number.isInteger(value.pid) || value.pid < 1) return null;
    return {
      pid: value.pid,
      started: value.started ?? null,
      purpose: value.purpose === 'command' ? 'command' : 'server',
      url: value.url ?? null,
    };
  } catch {
    return null;
  }
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ESRCH') return false;
  }
  const started = startTimeOf(holder.pid);
  return started === null || holder.started === null || started === holder.started;
}

/** Field 22 of /proc/<pid>/stat; null where there is no /proc. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function lockedBy(folder: string, other: LockHolder): CodedError {
  const who = other.purpose === 'server' ? `the server with process id ${other.pid}` : `process ${other.pid}`;
  const where = other.url === null ? '' : ` at ${other.url}`;
  return new CodedError('DATA_DIR_LOCKED', `${folder} is in use by ${who}${where}`, { pid: other.pid }, 409);
}

function writeDurably(file: string, content: string): void {
  const descriptor = openSync(file, 'wx', 0o644);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
