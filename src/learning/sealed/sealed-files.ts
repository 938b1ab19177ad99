import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
  bytesToHex,
  canonicalJson,
  CodedError,
  err,
  ok,
  systemCodeOf,
  type Json,
  type Result,
} from '../../common/index.js';
import { flushFolder } from '../../common/durable-files.js';
import { MerkleTree } from '../../common/merkle-tree.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { documentOf } from '../../datasets/jsonl/index.js';
import type { SealedSet } from './make-sealed-set.js';
import {
  isSalt,
  parseCommitment,
  rangesOf,
  SEALED_LIMITS,
  sealedLeaf,
  sizeOf,
  type SealedExample,
} from './sealed-set.js';
import { SEALED_SET_FILE } from './sealed-waits.js';

/** Examples that are read before others have their turn. */
const AT_ONCE = 512;
/** Bytes that a line has beside its document, at most, and a file beside its documents. */
const OVERHEAD = 2;

/**
 * Sealed sets with their documents and salts: a file each in `sealed/` of the data folder, for the server's own account alone. Nothing
 * serves them; what was judged by is shown from the database.
 */
export class SealedFiles {
  private readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'sealed');
  }

  /** Where a set lies. */
  path(root: string): string {
    return join(this.folder, `${root}.jsonl`);
  }

  /** Keeps a set, durably and whole or not at all. */
  async keep({ commitment, examples }: SealedSet): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
    const lines = [commitment, ...examples].map((line) => canonicalJson(line as unknown as Json));
    const temporary = join(this.folder, `${randomUUID()}.part`);
    try {
      const handle = await open(temporary, 'wx', 0o600);
      try {
        await handle.writeFile(`${lines.join('\n')}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, this.path(commitment.root));
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw thrown;
    }
    await flushFolder(this.folder);
  }

  /** Forgets a set; no error when it is gone. */
  async remove(root: string): Promise<void> {
    await rm(this.path(root), { force: true });
  }

  /**
   * A set, whole and as it was committed to. `SEALED_SET_FILE` (503) where it is not in this data folder, cannot be read, or is not what
   * its name says; others have their turn meanwhile.
   */
  async read(root: string): Promise<Result<SealedSet>> {
    const lines = await this.linesOf(root);
    if (!lines.ok) return lines;
    const [first = '', ...rest] = lines.value;
    const commitment = parseCommitment(parsed(first));
    if (!commitment.ok || commitment.value.root !== root) return damaged(root, 'its first line');
    const domains = [...rangesOf(commitment.value)].flatMap(([name, [from, to]]) =>
      Array.from({ length: to - from }, () => name),
    );
    const examples: SealedExample[] = [];
    const leaves: Uint8Array[] = [];
    for (const [i, line] of rest.entries()) {
      const example = exampleIn(parsed(line));
      if (example === null || example.domain !== domains[i]) return damaged(root, `line ${i + 2}`);
      examples.push(example);
      leaves.push(sealedLeaf(example, nativeSha256));
      if (i % AT_ONCE === 0) await turn();
    }
    if (examples.length !== sizeOf(commitment.value)) return damaged(root, 'the number of its lines');
    const tree = MerkleTree.over(leaves, nativeSha256);
    if (bytesToHex(tree.root) !== root) return damaged(root, 'the root over its lines');
    return ok({ commitment: commitment.value, examples, tree });
  }

  private async linesOf(root: string): Promise<Result<string[]>> {
    const path = this.path(root);
    try {
      const { size } = await stat(path);
      if (size > OVERHEAD * SEALED_LIMITS.bytes) return damaged(root, 'its size');
      return ok((await readFile(path, 'utf8')).split('\n').slice(0, -1));
    } catch (thrown) {
      const code = systemCodeOf(thrown);
      if (code === undefined) throw thrown;
      return refused(`${path} cannot be read (${code}): copy it there from where the set was made`, root);
    }
  }
}

function exampleIn(value: Json | undefined): SealedExample | null {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, Json>;
  const { domain, salt, content } = given;
  if (typeof domain !== 'string' || !isSalt(salt) || typeof content !== 'object' || content === null)
    return null;
  const { form, ...members } = content as Record<string, Json>;
  const document = documentOf(members, 1);
  if (!document.ok || document.value.content.form !== form) return null;
  return { domain, content: document.value.content, salt };
}

function parsed(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
}

function damaged(root: string, what: string): Result<never> {
  return refused(`the file of the sealed set ${root} is not what was committed to: ${what}`, root);
}

function refused(message: string, set: string): Result<never> {
  return err(new CodedError(SEALED_SET_FILE, message, { set }, 503));
}
