import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { hexToBytes, systemCodeOf } from '../../../common/index.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { readDocuments } from '../../../datasets/jsonl/index.js';
import type { ExampleEncoder } from '../../examples/example-encoder.js';
import { readTextKey, TEXT_KEY_BYTES } from '../read-text-key.js';
import type { LookedThrough } from '../shown-data.js';

/** A dataset to look for documents in. */
export interface DatasetFile extends Pick<LookedThrough, 'block' | 'named'> {
  /** Hash of its bytes. */
  readonly sha256: string;
  /** Where they lie. */
  readonly path: string;
}

/** What the keys of datasets are made with, and where they are kept. */
export interface TextIndexParts {
  readonly encoder: ExampleEncoder;
  /** Names the tokenizer and its template: other ones read other texts. */
  readonly tokenizer: string;
  readonly folder: string;
  /** File that is written meanwhile, of nobody else, in the same file system. */
  readonly part: string;
}

/** Goes up with whatever changes the keys of texts: how they are made (`readTextKey`), and which texts have one (`ExampleEncoder.textOf`). */
const TEXT_FORM = 2;
/** How names of files of this form end. */
const FORM_ENDING = `.v${TEXT_FORM}`;
/** Keys that are written, and read, at once. */
const AT_ONCE = 1 << 14;
/** Bytes of a key by which most others are told apart. */
const SHORT = 6;

/**
 * Looks for documents in datasets, by their keys (`readTextKey`). The keys of a set are made once and kept in a file of 16 bytes for each of
 * its documents; files of other sets, and of other forms of keys, are removed. Memory is bounded whatever the sets are. Throws where the file of a named set is not
 * here; an approved one without a file is left out.
 */
export async function lookThrough(
  keys: readonly string[],
  sets: readonly DatasetFile[],
  parts: TextIndexParts,
): Promise<LookedThrough[]> {
  const { folder } = parts;
  await mkdir(folder, { recursive: true });
  const wanted = new Set(keys);
  const short = new Set(keys.map((key) => parseInt(key.slice(0, 2 * SHORT), 16)));
  const looked: LookedThrough[] = [];
  for (const set of sets) {
    const index = await keysOf(set, parts);
    if (index === null && set.named) throw new Error(`the file of dataset ${set.block} is not here`);
    if (index === null) continue;
    try {
      const found = await foundIn(index, wanted, short);
      looked.push({ block: set.block, named: set.named, found });
    } finally {
      await index.close();
    }
  }
  const kept = new Set(sets.map(({ sha256 }) => sha256));
  const isKept = (name: string) => kept.has(name.split('.')[0]) && name.endsWith(FORM_ENDING);
  for (const name of await readdir(folder)) if (!isKept(name)) await rm(join(folder, name), { force: true });
  return looked;
}

/** The file of a set's keys, open; null where the set's own file is not here. */
async function keysOf(set: DatasetFile, parts: TextIndexParts): Promise<FileHandle | null> {
  const path = join(parts.folder, `${set.sha256}.${parts.tokenizer}${FORM_ENDING}`);
  const kept = await orNull(open(path, 'r'));
  if (kept !== null) return kept;
  const source = await orNull(open(set.path, 'r'));
  if (source === null) return null;
  await source.close();
  const made = await open(parts.part, 'w+');
  try {
    await writeKeys(set, parts.encoder, made);
    // A file that is there is whole, also after a power cut.
    await made.datasync();
    await rename(parts.part, path);
    return made;
  } catch (thrown) {
    await made.close();
    throw thrown;
  }
}

async function writeKeys({ path }: DatasetFile, encoder: ExampleEncoder, to: FileHandle): Promise<void> {
  const bytes = Buffer.alloc(AT_ONCE * TEXT_KEY_BYTES);
  let length = 0;
  for await (const document of readDocuments(createReadStream(path, { highWaterMark: 1 << 18 }))) {
    // Nothing behind a line that is none can be learnt, either.
    if (!document.ok) break;
    const text = encoder.textOf(document.value.content);
    const key = text === null ? null : readTextKey(text, nativeSha256);
    if (key === null) continue;
    bytes.set(hexToBytes(key), length);
    length += TEXT_KEY_BYTES;
    if (length < bytes.length) continue;
    await to.writeFile(bytes);
    length = 0;
  }
  await to.writeFile(bytes.subarray(0, length));
}

async function foundIn(
  index: FileHandle,
  wanted: ReadonlySet<string>,
  short: ReadonlySet<number>,
): Promise<Set<string>> {
  const found = new Set<string>();
  const bytes = Buffer.alloc(AT_ONCE * TEXT_KEY_BYTES);
  for (let from = 0; ;) {
    const { bytesRead } = await index.read(bytes, 0, bytes.length, from);
    const whole = bytesRead - (bytesRead % TEXT_KEY_BYTES);
    if (whole === 0) return found;
    for (let at = 0; at < whole; at += TEXT_KEY_BYTES) {
      if (!short.has(bytes.readUIntBE(at, SHORT))) continue;
      const key = bytes.toString('hex', at, at + TEXT_KEY_BYTES);
      if (wanted.has(key)) found.add(key);
    }
    from += whole;
  }
}

function orNull(opened: Promise<FileHandle>): Promise<FileHandle | null> {
  return opened.catch((thrown: unknown) => {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  });
}
