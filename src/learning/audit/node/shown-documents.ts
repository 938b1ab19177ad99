import { open, type FileHandle } from 'node:fs/promises';
import { bytesToHex, systemCodeOf } from '../../../common/index.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { documentHash } from '../document-tree.js';
import { OPENING_LIMITS, openingHeader } from '../opening-codec.js';

const WORD = 4;

/**
 * Hashes of the documents that an opening shows (`documentHash`), read without the states between them. None where there is no opening, and
 * of one that is cut short those that are there: whether it is sound is for the audit to say.
 * @param longest tokens of a document at most: a longer one is no example of any set, and is passed over unread
 */
export async function shownDocuments(path: string, longest: number): Promise<ReadonlySet<string>> {
  const handle = await open(path).catch((thrown: unknown) => {
    if (systemCodeOf(thrown) === 'ENOENT') return null;
    throw thrown;
  });
  if (handle === null) return new Set();
  try {
    return await documentsIn(handle, longest);
  } finally {
    await handle.close();
  }
}

async function documentsIn(handle: FileHandle, longest: number): Promise<Set<string>> {
  const found = new Set<string>();
  const { size } = await handle.stat();
  const piece = async (from: number, length: number) => {
    if (from + length > size) return null;
    const bytes = new Uint8Array(length);
    const { bytesRead } = await handle.read(bytes, 0, length, from);
    return bytesRead === length ? bytes : null;
  };
  const first = await piece(0, WORD);
  const length = first === null ? Infinity : new DataView(first.buffer).getUint32(0, true);
  const bytes = length > OPENING_LIMITS.headerBytes ? null : await piece(0, WORD + length);
  const header = bytes === null ? null : openingHeader(bytes);
  if (header === null) return found;
  let at = header.end;
  for (const { values, examples } of header.value.updates) {
    at += values * WORD;
    for (const { tokens, first_target: firstTarget } of examples) {
      const from = at;
      at += tokens * WORD;
      if (tokens > longest) continue;
      const words = await piece(from, tokens * WORD);
      if (words === null) return found;
      const ids = [...new Uint32Array(words.buffer)];
      found.add(bytesToHex(documentHash({ ids, firstTarget }, nativeSha256)));
    }
  }
  return found;
}
