import { sha256Bytes, utf8ToBytes, type Sha256 } from '../../common/hash.js';

/** Nonces tried at most: sixteen times what the hardest setting takes on average. */
const MOST_TRIES = 2 ** 32;

/** Leading zero bits of SHA-256(`challenge/nonce`). */
export function workOf(challenge: string, nonce: number, sha256: Sha256 = sha256Bytes): number {
  const hash = sha256(utf8ToBytes(`${challenge}/${nonce}`));
  let bits = 0;
  for (const byte of hash) {
    bits += Math.clz32(byte) - 24;
    if (byte !== 0) break;
  }
  return bits;
}

/**
 * Searches the first nonce whose hash has so many leading zero bits, in pieces of `tries` hashes, so that whoever waits can
 * do something else between them. About 2^bits hashes.
 */
export function* findNonce(
  challenge: string,
  bits: number,
  tries = 4096,
  sha256: Sha256 = sha256Bytes,
): Generator<number, number | null> {
  for (let nonce = 0; nonce < MOST_TRIES; nonce++) {
    if (workOf(challenge, nonce, sha256) >= bits) return nonce;
    if (nonce % tries === tries - 1) yield nonce;
  }
  return null;
}

/** The same in one piece. */
export function mineWork(challenge: string, bits: number, sha256: Sha256 = sha256Bytes): number | null {
  for (const search = findNonce(challenge, bits, 2 ** 20, sha256); ;) {
    const step = search.next();
    if (step.done === true) return step.value;
  }
}
