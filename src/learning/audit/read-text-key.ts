import { bytesToHex, utf8ToBytes, type Sha256 } from '../../common/index.js';

/** Bytes of a key. */
export const TEXT_KEY_BYTES = 16;

/**
 * What two texts have in common that differ only in white space, capital letters, accents or the way characters are composed: the first
 * half of the SHA-256 of what is left of them. White space is left out and not folded, as not every tokenizer gives it back.
 * @returns null where nothing is left: what says nothing is not the same as all else that says nothing
 */
export function readTextKey(text: string, sha256: Sha256): string | null {
  const letters = text
    .normalize('NFKD')
    .replace(/[\p{M}\s]+/gu, '')
    .toLowerCase();
  return letters === '' ? null : bytesToHex(sha256(utf8ToBytes(letters)).subarray(0, TEXT_KEY_BYTES));
}
