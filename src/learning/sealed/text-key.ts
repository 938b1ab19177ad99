import { bytesToHex, utf8ToBytes, type Sha256 } from '../../common/index.js';
import { partsOf, type Content } from '../../datasets/jsonl/index.js';

/**
 * What two documents have in common that differ only in white space, capital letters, the way characters are composed, or the form of
 * their line: SHA-256 of their texts, normalised.
 */
export function textKey(content: Content, sha256: Sha256): string {
  const text = partsOf(content).join(' ').normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
  return bytesToHex(sha256(utf8ToBytes(text)));
}
