import { sha256Bytes, type Sha256 } from '../../common/hash.js';
import { hashHeader } from './codec.js';
import type { UnsignedBlockHeader } from './header.js';

/** The number of leading zero bits of a hash written in hex. */
export function leadingZeroBits(hash: string): number {
  const digits = hash.length - hash.replace(/^0+/, '').length;
  if (digits === hash.length) return digits * 4;
  return digits * 4 + Math.clz32(parseInt(hash[digits], 16)) - 28;
}

/**
 * Searches the first nonce from the header's own upwards with which the hash has `difficulty` leading zero bits: light
 * proof of work, about 2^difficulty hashes. Null when `limit` hashes did not suffice.
 */
export function mineNonce<T extends UnsignedBlockHeader>(
  header: T,
  difficulty: number,
  sha256: Sha256 = sha256Bytes,
  limit = 2 ** 26,
): T | null {
  for (let nonce = header.nonce; nonce < header.nonce + limit; nonce++) {
    const candidate = { ...header, nonce };
    if (difficulty === 0 || leadingZeroBits(hashHeader(candidate, sha256)) >= difficulty) return candidate;
  }
  return null;
}
