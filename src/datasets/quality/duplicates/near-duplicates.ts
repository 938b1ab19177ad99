import { mix32 } from '../text/fingerprint.js';
import { similarity, SIGNATURE_LENGTH } from './minhash.js';

/** From this share of equal places on, two texts count as the same. */
export const DUPLICATE_SIMILARITY = 0.7;
/** Bands of 4 places: texts that are 70 % alike share a band with a probability of 1 - (1 - 0.7^4)^32 = 0.9998. */
const BANDS = 32;
const ROWS = SIGNATURE_LENGTH / BANDS;
/** Texts of a bucket that are compared, newest first: bounds the work where very many are alike in a band by chance. */
const MOST_COMPARED = 16;

/** A text that was seen: which set it is of. */
interface Seen {
  readonly signature: Uint32Array;
  readonly set: string | null;
}

/**
 * Finds texts that are nearly the same as an earlier one by locality-sensitive hashing of MinHash signatures (A. Rajaraman,
 * J. Ullman, Mining of Massive Datasets, chapter 3). Memory: about 2.5 kB a text; callers bound how many they add.
 */
export class NearDuplicates {
  private readonly seen: Seen[] = [];
  private readonly buckets = Array.from({ length: BANDS }, () => new Map<number, number[]>());

  /** Adds a text of another set, against which later texts are compared. */
  addKnown(signature: Uint32Array, set: string): void {
    this.put({ signature, set });
  }

  /** Adds a text of this set, whatever it is like. */
  add(signature: Uint32Array): void {
    this.put({ signature, set: null });
  }

  /** Whether a text is nearly one seen before, and of which set that is (`null`: this one). Adds it, unless it is. */
  check(signature: Uint32Array): { readonly duplicate: boolean; readonly set: string | null } {
    const earlier = this.similarTo(signature);
    if (earlier !== null) return { duplicate: true, set: earlier.set };
    this.put({ signature, set: null });
    return { duplicate: false, set: null };
  }

  /** Which of the texts that were added, in their order from 0, are nearly the same. Adds nothing. */
  allLike(signature: Uint32Array): number[] {
    return [...this.placesLike(signature)];
  }

  private similarTo(signature: Uint32Array): Seen | null {
    for (const place of this.placesLike(signature)) return this.seen[place];
    return null;
  }

  private *placesLike(signature: Uint32Array): Generator<number, void> {
    const compared = new Set<number>();
    for (let band = 0; band < BANDS; band++) {
      for (const place of this.buckets[band].get(keyOf(signature, band)) ?? []) {
        if (compared.has(place)) continue;
        compared.add(place);
        if (similarity(this.seen[place].signature, signature) >= DUPLICATE_SIMILARITY) yield place;
      }
    }
  }

  private put(seen: Seen): void {
    const place = this.seen.push(seen) - 1;
    for (let band = 0; band < BANDS; band++) {
      const key = keyOf(seen.signature, band);
      const bucket = this.buckets[band].get(key);
      if (bucket === undefined) this.buckets[band].set(key, [place]);
      else if (bucket.unshift(place) > MOST_COMPARED) bucket.pop();
    }
  }
}

function keyOf(signature: Uint32Array, band: number): number {
  let key = band;
  for (let i = band * ROWS; i < (band + 1) * ROWS; i++) key = mix32(Math.imul(key, 31) ^ signature[i]);
  return key;
}
