import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFolders, flushFolder, forEachParallel, renameFile, writeFlushed } from './durable-files.js';
import { systemCodeOf } from './errors.js';

/** A small file that is to appear under `target`, in place of one that may be there. */
export interface DurableBytes {
  readonly target: string;
  readonly bytes: Uint8Array;
}

/** Folders remembered at most; when there are more, all are forgotten and looked for again. */
const KNOWN_LIMIT = 64;

/**
 * Writes small files that belong together, often. It remembers which folders are there, so that a round costs no call beyond those
 * that make its own files durable.
 */
export class DurableFolder {
  private readonly known = new Set<string>();
  private readonly prefix = randomUUID();
  private staged = 0;

  /** @param incoming where files wait until they are whole; on the same file system as their targets */
  constructor(private readonly incoming: string) {}

  /**
   * Makes `files` durable and visible, then `seal`, which speaks of them: it does not appear before they and their names are on the
   * disk. The contents of all are flushed at once, each folder with a new name once. Whatever fails leaves `seal` as it was.
   */
  async write(files: readonly DurableBytes[], seal: DurableBytes | null): Promise<void> {
    try {
      await this.attempt(files, seal);
    } catch (thrown) {
      // somebody removed a folder that was there
      if (systemCodeOf(thrown) !== 'ENOENT' || this.known.size === 0) throw thrown;
      this.known.clear();
      await this.attempt(files, seal);
    }
  }

  private async attempt(files: readonly DurableBytes[], seal: DurableBytes | null): Promise<void> {
    const all = seal === null ? files : [...files, seal];
    const moves = all.map((file) => ({
      ...file,
      temporary: join(this.incoming, `${this.prefix}-${this.staged++}`),
    }));
    try {
      const changed = await this.prepare(all.map(({ target }) => dirname(target)));
      await forEachParallel(moves, ({ temporary, bytes }) => writeFlushed(temporary, bytes));
      const last = seal === null ? undefined : moves.pop();
      await forEachParallel(moves, ({ temporary, target }) => renameFile(temporary, target));
      for (const { target } of moves) changed.add(dirname(target));
      await forEachParallel([...changed], flushFolder);
      if (last === undefined) return;
      moves.push(last);
      await renameFile(last.temporary, last.target);
      await flushFolder(dirname(last.target));
    } catch (thrown) {
      await Promise.all(moves.map(({ temporary }) => rm(temporary, { force: true })));
      throw thrown;
    }
  }

  /** Creates the folders that are missing; returns those that got new ones inside. */
  private async prepare(folders: readonly string[]): Promise<Set<string>> {
    const missing = [...new Set([this.incoming, ...folders])].filter((folder) => !this.known.has(folder));
    if (missing.length === 0) return new Set();
    if (this.known.size + missing.length > KNOWN_LIMIT) this.known.clear();
    await mkdir(this.incoming, { recursive: true });
    const changed = await createFolders(missing);
    for (const folder of missing) this.known.add(folder);
    return changed;
  }
}
