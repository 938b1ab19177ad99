/** The least hashes of the different texts of a set: equal texts have equal hashes in every set. */
export interface TextSketch {
  /** Whole numbers below 2^52, ascending. */
  readonly hashes: Float64Array;
  /** Whether these are all; otherwise a text whose hash is above the last may be in the set or not. */
  readonly whole: boolean;
}

/** How much of a set others have. */
export interface Overlap {
  /** Share of the texts that each of the others has, 0 to 1; only those that have any. */
  readonly bySet: Readonly<Record<string, number>>;
  /** Share of the texts that at least one of them has. */
  readonly share: number;
}

/** Fewer texts than this in the comparable part say nothing about a set that is much larger. */
const LEAST_COMPARED = 16;

/**
 * Which share of the texts of a set others have, but for letter case and punctuation: exact where all sets are small,
 * an estimate from the part of the hashes that the sketches have in common otherwise (K. Beyer et al., On Synopses for
 * Distinct-Value Estimation Under Multiset Operations, 2007).
 */
export function overlapOf(
  own: TextSketch,
  others: Iterable<readonly [set: string, sketch: TextSketch]>,
): Overlap {
  const bySet: Record<string, number> = {};
  const found = new Set<number>();
  let common = limitOf(own);
  for (const [set, sketch] of others) {
    const limit = Math.min(limitOf(own), limitOf(sketch));
    const compared = upTo(own.hashes, limit);
    if (compared.length < LEAST_COMPARED && !(own.whole && sketch.whole)) continue;
    const known = new Set(sketch.hashes);
    const shared = compared.filter((hash) => known.has(hash));
    if (shared.length === 0) continue;
    bySet[set] = shared.length / compared.length;
    common = Math.min(common, limit);
    for (const hash of shared) found.add(hash);
  }
  const compared = upTo(own.hashes, common);
  const union = compared.filter((hash) => found.has(hash)).length / Math.max(1, compared.length);
  return { bySet, share: Math.max(union, ...Object.values(bySet)) };
}

function limitOf({ hashes, whole }: TextSketch): number {
  return whole ? Infinity : (hashes.at(-1) ?? 0);
}

function upTo(hashes: Float64Array, limit: number): Float64Array {
  return hashes.filter((hash) => hash <= limit);
}
