import { statSync, watch, type FSWatcher } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../../common/index.js';

/** Name of the signal file in the data folder. */
export const STOP_FILE = 'STOP';
/** How often it is looked for where no watcher tells of it, ms: within the second a stop may take, and no more, as an idle server pays. */
const POLL_MS = 800;
const LONGEST_REASON = 500;

/** The signal file: while it is there, automatic action is stopped; its text is the reason. Works without database and network. */
export class StopFile {
  private text: string | null = null;
  private timer: NodeJS.Timeout | undefined;
  private watcher: FSWatcher | null = null;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly folder: string,
    private readonly changed: (reason: string | null) => void,
  ) {}

  /** Its text while it is there; null while it is not. */
  get reason(): string | null {
    return this.text;
  }

  /** Looks now, and from now on. */
  async start(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => void this.look(), POLL_MS);
    this.timer.unref();
    try {
      this.watcher = watch(this.folder, (_event, name) => {
        if (name === STOP_FILE) void this.look();
      });
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      this.watcher = null;
    }
  }

  /** Looks no more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.watcher?.close();
    await this.looking;
  }

  /** Takes the file away. */
  async remove(): Promise<void> {
    await rm(join(this.folder, STOP_FILE), { force: true });
    // A look that had begun before may still find it.
    await this.looking;
    await this.look();
  }

  /** Looks whether it is there; a file that cannot be read counts as there. */
  look(): Promise<void> {
    this.looking ??= this.read().finally(() => (this.looking = null));
    return this.looking;
  }

  private async read(): Promise<void> {
    const before = this.text;
    this.text = await this.readText();
    if (this.text !== before) this.changed(this.text);
  }

  private async readText(): Promise<string | null> {
    const path = join(this.folder, STOP_FILE);
    try {
      // nearly always there is none, and an error that says so costs more than this
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
      const text = await readFile(path, 'utf8');
      return reasonIn(text);
    } catch (thrown) {
      return systemCodeOf(thrown) === 'ENOENT' ? null : 'the signal file cannot be read';
    }
  }
}

/** The reason that a signal file with this text gives. */
export function reasonIn(text: string): string {
  return text.trim().slice(0, LONGEST_REASON) || 'the signal file says no reason';
}

/** Puts the signal file into a data folder; whoever looks meanwhile finds all of its text or none. */
export async function writeStopFile(folder: string, reason: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, STOP_FILE);
  await writeFile(`${path}.new`, `${reason}\n`);
  await rename(`${path}.new`, path);
}

/** Takes the signal file out of a data folder. */
export async function removeStopFile(folder: string): Promise<void> {
  await rm(join(folder, STOP_FILE), { force: true });
}
