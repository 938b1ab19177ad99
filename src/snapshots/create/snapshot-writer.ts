import { createHash } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flushFolder } from '../../common/durable-files.js';
import { sha256OfFile } from '../file-hash.js';
import { MANIFEST_FILE, type SnapshotFile, type SnapshotManifest } from '../manifest.js';
import type { Headroom } from './headroom.js';

/** Where a file comes from: bytes, or a stream of them. */
export type FileSource = Uint8Array | AsyncIterable<Uint8Array>;

/** Prompts, hashes of passwords, perhaps keys: nobody else's business. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Writes a snapshot into `<folder>/<id>.partial`; the manifest comes last, and then the folder gets its name. Whatever ends before
 * that leaves nothing that looks like a snapshot.
 */
export class SnapshotWriter {
  private readonly partial: string;
  private readonly folders = new Set<string>();
  private readonly written = new Map<string, SnapshotFile>();
  private shared = 0;

  constructor(
    private readonly folder: string,
    readonly id: string,
    private readonly headroom: Headroom,
  ) {
    this.partial = join(folder, `${id}.partial`);
  }

  /** Files written so far, by path. */
  get files(): readonly SnapshotFile[] {
    return [...this.written.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Bytes taken over from an earlier snapshot so far. */
  get sharedBytes(): number {
    return this.shared;
  }

  /** Where a file of the unfinished snapshot lies. */
  pathOf(path: string): string {
    return join(this.partial, path);
  }

  /** Writes one file durably, readable by its owner alone. */
  async add(path: string, source: FileSource): Promise<SnapshotFile> {
    const target = await this.place(path);
    const handle = await open(target, 'wx', FILE_MODE);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const piece of pieces(source)) {
        await this.headroom.need(piece.length);
        await handle.writeFile(piece);
        hash.update(piece);
        bytes += piece.length;
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    return this.note({ path, bytes, sha256: hash.digest('hex') });
  }

  /**
   * Takes a file over from an earlier snapshot without a copy (a hard link), if it still has the bytes its manifest names and the
   * file system can. @returns whether it did
   */
  async share(file: SnapshotFile, from: string): Promise<boolean> {
    try {
      if ((await sha256OfFile(from)) !== file.sha256) return false;
      await link(from, await this.place(file.path));
    } catch {
      return false;
    }
    this.note(file);
    this.shared += file.bytes;
    return true;
  }

  /** Seals the snapshot. @returns its folder */
  async finish(manifest: SnapshotManifest): Promise<string> {
    const text = `${JSON.stringify(manifest)}\n`;
    for (const folder of [...this.folders].sort().reverse()) await flushFolder(folder);
    await this.add(MANIFEST_FILE, Buffer.from(text));
    await flushFolder(this.partial);
    const sealed = join(this.folder, this.id);
    await rename(this.partial, sealed);
    await flushFolder(this.folder);
    return sealed;
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await rm(this.partial, { recursive: true, force: true });
  }

  private note(file: SnapshotFile): SnapshotFile {
    this.written.set(file.path, file);
    return file;
  }

  private async place(path: string): Promise<string> {
    const target = this.pathOf(path);
    const folder = dirname(target);
    if (!this.folders.has(folder)) {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      for (let at = folder; at.length >= this.partial.length; at = dirname(at)) this.folders.add(at);
    }
    return target;
  }
}

async function* pieces(source: FileSource): AsyncIterable<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else yield* source;
}
