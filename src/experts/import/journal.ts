import { appendFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isHash } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';

const FORGOTTEN_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Which blocks of an import are on the chain already, so that an interrupted import goes on where it was. It is a hint:
 * the importer looks every block up before it believes it, and losing the file only costs the work again.
 */
export class ImportJournal {
  private constructor(
    private readonly path: string,
    private readonly blocks: Map<string, string>,
  ) {}

  /**
   * @param folder where journals lie
   * @param inputs everything the blocks' bytes depend on (state of the checkpoint's files, dtype, meta block, author, …)
   */
  static async open(folder: string, inputs: readonly string[]): Promise<ImportJournal> {
    const path = join(folder, `${nativeSha256Hex(inputs.join('\n'))}.journal`);
    try {
      await mkdir(folder, { recursive: true });
      await removeForgotten(folder);
      return new ImportJournal(path, parseLines(await readFile(path, 'utf8')));
    } catch {
      return new ImportJournal(path, new Map());
    }
  }

  /** The block hash noted for a weight name. */
  get(name: string): string | undefined {
    return this.blocks.get(name);
  }

  /** Notes blocks that are on the chain. */
  async add(blocks: readonly { readonly name: string; readonly hash: string }[]): Promise<void> {
    for (const { name, hash } of blocks) this.blocks.set(name, hash);
    try {
      await appendFile(this.path, blocks.map(({ name, hash }) => `${hash} ${name}\n`).join(''));
    } catch {
      // A disk that is full refuses the next block with a code; an unwritten hint is no reason to stop before.
    }
  }

  /** Forgets a finished import. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** Journals of imports that nobody has taken up again for a month. */
async function removeForgotten(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (Date.now() - (await stat(path)).mtimeMs > FORGOTTEN_MS) await rm(path, { force: true });
  }
}

/** Lines cut off by a crash are not lines. */
function parseLines(text: string): Map<string, string> {
  const complete = text.split('\n').slice(0, -1);
  return new Map(
    complete.flatMap((line): [string, string][] => {
      const [hash, name] = line.split(' ');
      return isHash(hash) && name !== undefined ? [[name, hash]] : [];
    }),
  );
}
