import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../common/errors.js';

/** A file that is to appear under `target`, in place of one that may be there. */
export interface RoundFile {
  readonly target: string;
  readonly bytes: Uint8Array;
}

/** Files that belong together. */
export interface Round {
  readonly files: readonly RoundFile[];
  /** Speaks of `files`, so it appears only after they and their names are on the disk. */
  readonly seal: RoundFile | null;
  /** Files and folders that are of no use once `seal` is there. */
  readonly removed: readonly string[];
}

/** Folders remembered at most; when there are more, all are forgotten and looked for again. */
const KNOWN_LIMIT = 64;

/**
 * Writes rounds of small files durably, often. The order: every content is
 * flushed under a temporary name; names are given and their folders flushed; then the seal gets its name, and its folder is
 * flushed. A crash at any point leaves the seal before or the new one with all it speaks of. Whatever fails leaves the old seal.
 * The calls block: each takes microseconds or waits for the disk, so on a server they belong in a thread of their own. Folders that
 * are there are remembered, so that a round makes no call beyond those for its own files.
 */
export class RoundWriter {
  private readonly known = new Set<string>();
  private readonly prefix = randomUUID();
  private staged = 0;

  /** @param incoming where files wait until they are whole; on the same file system as their targets */
  constructor(private readonly incoming: string) {}

  /** Returns when everything is durable; throws what the file system says. */
  write(round: Round): void {
    try {
      this.attempt(round);
    } catch (thrown) {
      // somebody removed a folder that was there
      if (systemCodeOf(thrown) !== 'ENOENT' || this.known.size === 0) throw thrown;
      this.known.clear();
      this.attempt(round);
    }
    for (const path of round.removed) rmSync(path, { recursive: true, force: true });
  }

  private attempt({ files, seal }: Round): void {
    const staged: { readonly temporary: string; readonly target: string }[] = [];
    const all = seal === null ? files : [...files, seal];
    try {
      const changed = this.prepare(all.map(({ target }) => dirname(target)));
      for (const { target, bytes } of all) {
        const temporary = join(this.incoming, `${this.prefix}-${this.staged++}`);
        staged.push({ temporary, target });
        writeFlushed(temporary, bytes);
      }
      for (const { temporary, target } of staged.slice(0, files.length)) {
        renameSync(temporary, target);
        changed.add(dirname(target));
      }
      for (const folder of changed) flushFolder(folder);
      for (const { temporary, target } of staged.slice(files.length)) {
        renameSync(temporary, target);
        flushFolder(dirname(target));
      }
    } catch (thrown) {
      for (const { temporary } of staged) rmSync(temporary, { force: true });
      throw thrown;
    }
  }

  /** Creates the folders that are missing; returns those that got new names inside. */
  private prepare(folders: readonly string[]): Set<string> {
    const changed = new Set<string>();
    if (this.known.size > KNOWN_LIMIT) this.known.clear();
    for (const folder of [this.incoming, ...folders]) {
      if (this.known.has(folder)) continue;
      const created = mkdirSync(folder, { recursive: true });
      this.known.add(folder);
      if (created === undefined) continue;
      for (let at = folder; at.length >= created.length; at = dirname(at)) changed.add(dirname(at));
    }
    return changed;
  }
}

function writeFlushed(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'wx');
  try {
    // a disk that is nearly full takes a part and refuses the rest when asked again
    for (let rest = bytes; rest.length > 0;) rest = rest.subarray(writeSync(descriptor, rest));
    fdatasyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
