import { sha256Bytes, utf8ToBytes } from '../../common/index.js';
import { partsOf, type Content } from '../../datasets/jsonl/index.js';

/** One document in so many is kept apart. */
const ONE_IN = 10;

/**
 * Whether a document is kept apart to see how training fares: a function of its text alone, so that copies of it are never learnt
 * either, whatever the order of the file.
 */
export function isUnseen(content: Content): boolean {
  return sha256Bytes(utf8ToBytes(partsOf(content).join('\0')))[0] % ONE_IN === 0;
}
