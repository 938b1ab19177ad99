import { hash32 } from '../text/fingerprint.js';
import { wordsOf } from '../text/words.js';
import type { TextSketch } from './text-sketch.js';

/** Least hashes that are kept; the estimate's standard error is 1/sqrt(4096), 1.6 %. */
const KEPT = 4096;
const RANGE = 2 ** 52;

/**
 * How many different texts a stream has, in bounded memory (Z. Bar-Yossef et al., Counting Distinct Elements in a Data
 * Stream, 2002): exact up to 4,096, an estimate beyond. A sample alone cannot tell: copies of a text are rarely drawn
 * together from a large file. Letter case and punctuation do not count.
 */
export class DistinctTexts {
  /** Texts added. */
  total = 0;
  private least = new Set<number>();
  private greatest = RANGE;

  /** Counts a text. */
  add(text: string): void {
    this.total++;
    const words = wordsOf(text).join(' ');
    const hash = hash32(words, 3) * 2 ** 20 + (hash32(words, 4) >>> 12);
    if (hash >= this.greatest) return;
    this.least.add(hash);
    // Trimming at twice the number makes it rare enough to cost nothing.
    if (this.least.size >= 2 * KEPT) this.trim();
  }

  /** Different texts, at most as many as were added. */
  distinct(): number {
    this.trim();
    if (this.greatest === RANGE) return this.least.size;
    return Math.min(this.total, Math.round(((KEPT - 1) * RANGE) / this.greatest));
  }

  /** What a later set is compared with: the least hashes, at most 4,096, in ascending order. */
  sketch(): TextSketch {
    this.trim();
    return { hashes: Float64Array.from(this.least).sort(), whole: this.greatest === RANGE };
  }

  /** Share of texts that are copies of an earlier one, 0 to 1. */
  copies(): number {
    return this.total === 0 ? 0 : (this.total - this.distinct()) / this.total;
  }

  private trim(): void {
    if (this.least.size <= KEPT) return;
    const kept = Float64Array.from(this.least).sort().subarray(0, KEPT);
    this.least = new Set(kept);
    this.greatest = kept[kept.length - 1] + 1;
  }
}
