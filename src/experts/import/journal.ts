import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isHash, systemCodeOf } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';

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
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${nativeSha256Hex(inputs.join('\n'))}.journal`);
    return new ImportJournal(path, parseLines(await readIfThere(path)));
  }

  /** The block hash noted for a weight name. */
  get(name: string): string | undefined {
    return this.blocks.get(name);
  }

  /** Notes blocks that are on the chain. */
  async add(blocks: readonly { readonly name: string; readonly hash: string }[]): Promise<void> {
    for (const { name, hash } of blocks) this.blocks.set(name, hash);
    await appendFile(this.path, blocks.map(({ name, hash }) => `${hash} ${name}\n`).join(''));
  }

  /** Forgets a finished import. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return '';
    throw thrown;
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
