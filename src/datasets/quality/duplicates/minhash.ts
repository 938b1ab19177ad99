import { hash32, mix32 } from '../text/fingerprint.js';
import { wordsOf } from '../text/words.js';

/** Hash functions of a signature, 32 bits each. */
export const SIGNATURE_LENGTH = 128;
/** Neighbouring words of a shingle. */
const SHINGLE = 3;
const SEEDS = Uint32Array.from({ length: SIGNATURE_LENGTH }, (_, i) => mix32(Math.imul(i + 1, 0x9e3779b9)));

/**
 * The MinHash signature of a text (A. Broder, On the Resemblance and Containment of Documents, 1997): for each hash
 * function the least hash of all shingles of three words. The share of equal places of two signatures estimates the share
 * of shingles their texts have in common. Letter case and punctuation do not count.
 */
export function minhash(text: string): Uint32Array {
  const signature = new Uint32Array(SIGNATURE_LENGTH).fill(0xffffffff);
  for (const shingle of shinglesOf(wordsOf(text))) {
    for (let i = 0; i < SIGNATURE_LENGTH; i++) {
      const hash = mix32(shingle ^ SEEDS[i]);
      if (hash < signature[i]) signature[i] = hash;
    }
  }
  return signature;
}

/** Whether the signature of a text comes before another one, place by place; hardly ever more than one place is looked at. */
export function comesBefore(text: string, other: Uint32Array): boolean {
  const shingles = [...shinglesOf(wordsOf(text))];
  for (let i = 0; i < SIGNATURE_LENGTH; i++) {
    let least = 0xffffffff;
    for (const shingle of shingles) least = Math.min(least, mix32(shingle ^ SEEDS[i]));
    if (least !== other[i]) return least < other[i];
  }
  return false;
}

/** The order of signatures, place by place. */
export function compareSignatures(one: Uint32Array, other: Uint32Array): number {
  for (let i = 0; i < SIGNATURE_LENGTH; i++) if (one[i] !== other[i]) return one[i] - other[i];
  return 0;
}

/** Share of equal places, 0 to 1. */
export function similarity(one: Uint32Array, other: Uint32Array): number {
  let equal = 0;
  for (let i = 0; i < SIGNATURE_LENGTH; i++) if (one[i] === other[i]) equal++;
  return equal / SIGNATURE_LENGTH;
}

/** Hashes of the different shingles; of fewer words than a shingle has, their one hash. */
function shinglesOf(words: readonly string[]): Iterable<number> {
  const hashes = words.map((word) => hash32(word));
  const shingles = new Set<number>();
  for (let i = 0; i + SHINGLE <= hashes.length; i++) shingles.add(joined(hashes.slice(i, i + SHINGLE)));
  if (shingles.size === 0) shingles.add(joined(hashes));
  return shingles;
}

function joined(hashes: readonly number[]): number {
  return hashes.reduce((joint, hash) => mix32(Math.imul(joint, 31) ^ hash), hashes.length);
}
