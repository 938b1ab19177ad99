/** Where the forward pass is when an expert is used or has to go. */
export interface Moment {
  /** Number of the pass, counted from the start. */
  readonly step: number;
  /** The layer whose experts run now. */
  readonly layer: number;
  /** Layers of the model that runs. */
  readonly layers: number;
}

/** What policies know of an expert. The cache keeps it as long as the expert's model is loaded, in memory or not. */
export interface CacheEntry {
  /** Names the expert. */
  readonly key: string;
  readonly layer: number;
  /** The pass that used it last. */
  lastStep: number;
  /** Passes that used it since its model was loaded; survives an eviction. */
  uses: number;
}

/**
 * Decides which expert leaves the memory when another needs room: the simulator of `stemma cache-lab` and the engine's cache drive
 * the same classes. What a policy decides changes how long answers take, never a bit of them.
 */
export interface ExpertPolicy {
  /** An expert has come into memory. */
  added?(entry: CacheEntry): void;
  /** An expert in memory is used; `entry` has been updated already. */
  used?(entry: CacheEntry, at: Moment): void;
  /** An expert has left the memory. */
  removed?(entry: CacheEntry): void;
  /**
   * The expert to give up.
   * @param candidates what may go, at least one, in order of last use, longest ago first
   */
  victim<T extends CacheEntry>(candidates: readonly T[], at: Moment): T;
}

/** The first entry with the smallest score. */
export function smallest<T>(entries: readonly T[], score: (entry: T) => number): T {
  let found: T | undefined;
  let least = Infinity;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    const value = score(entry);
    if (found !== undefined && value >= least) continue;
    found = entry;
    least = value;
  }
  if (found === undefined) throw new Error('no expert can be given up');
  return found;
}
