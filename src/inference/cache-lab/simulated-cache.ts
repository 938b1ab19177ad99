import type { CacheEntry, ExpertPolicy, Moment } from '../kernel/index.js';

interface SimulatedEntry extends CacheEntry {
  readonly id: number;
  /** Loaded because it was foretold, and not used since. */
  foretold: boolean;
}

/** An expert's name in a replay. */
export function keyOf(layer: number, expert: number): string {
  return `${layer}.${expert}`;
}

/** What a replay counted. */
export interface CacheCounts {
  hits: number;
  misses: number;
  /** Loads of what was foretold, and how many of these were used before they had to go. */
  prefetched: number;
  prefetchUsed: number;
}

/**
 * The engine's expert cache without weights: places instead of bytes, the same order of uses, loads and evictions. A test holds both
 * to the same counts.
 */
export class SimulatedCache {
  readonly counts: CacheCounts = { hits: 0, misses: 0, prefetched: 0, prefetchUsed: 0 };
  private readonly entries: SimulatedEntry[] = [];
  /** In memory, in order of last use, longest ago first. */
  private readonly inside = new Map<number, SimulatedEntry>();
  private readonly kept = new Set<SimulatedEntry>();

  /** @param places experts that fit, at least 1  @param perLayer experts of a layer */
  constructor(
    private readonly policy: ExpertPolicy,
    private readonly places: number,
    private readonly perLayer: number,
  ) {}

  /** The experts of one layer are used: those in memory first, then the others, each in the room of one that is not needed now. */
  use(experts: readonly number[], at: Moment): void {
    this.kept.clear();
    const missing: SimulatedEntry[] = [];
    for (const expert of experts) {
      const entry = this.entry(at.layer, expert);
      if (!this.inside.has(entry.id)) missing.push(entry);
      else this.hit(entry, at);
    }
    for (const entry of missing) {
      // what runs together no longer fits: it runs now, and its places are free again
      if (!this.makeRoom(at)) {
        this.kept.clear();
        this.makeRoom(at);
      }
      this.counts.misses++;
      this.insert(entry);
      this.touch(entry, at);
      this.kept.add(entry);
    }
  }

  /** Loads what was foretold for the next layer, never in place of what runs now or was foretold too. */
  prefetch(experts: readonly number[], at: Moment): void {
    const entries = experts.map((expert) => this.entry(at.layer + 1, expert));
    for (const entry of entries) if (this.inside.has(entry.id)) this.kept.add(entry);
    for (const entry of entries) {
      if (this.inside.has(entry.id)) continue;
      if (!this.makeRoom(at)) return;
      this.counts.prefetched++;
      entry.foretold = true;
      entry.lastStep = at.step;
      this.insert(entry);
      this.kept.add(entry);
    }
  }

  private hit(entry: SimulatedEntry, at: Moment): void {
    this.counts.hits++;
    if (entry.foretold) this.counts.prefetchUsed++;
    this.touch(entry, at);
    this.kept.add(entry);
  }

  private insert(entry: SimulatedEntry): void {
    this.inside.set(entry.id, entry);
    this.policy.added?.(entry);
  }

  private touch(entry: SimulatedEntry, at: Moment): void {
    this.inside.delete(entry.id);
    this.inside.set(entry.id, entry);
    entry.foretold = false;
    entry.lastStep = at.step;
    entry.uses++;
    this.policy.used?.(entry, at);
  }

  private makeRoom(at: Moment): boolean {
    while (this.inside.size >= this.places) {
      const { inside, kept } = this;
      const candidates: SimulatedEntry[] = [];
      for (const entry of inside.values()) if (!kept.has(entry)) candidates.push(entry);
      if (candidates.length === 0) return false;
      const victim = this.policy.victim<SimulatedEntry>(candidates, at);
      victim.foretold = false;
      inside.delete(victim.id);
      this.policy.removed?.(victim);
    }
    return true;
  }

  private entry(layer: number, expert: number): SimulatedEntry {
    const id = layer * this.perLayer + expert;
    return (this.entries[id] ??= {
      id,
      key: keyOf(layer, expert),
      layer,
      lastStep: 0,
      uses: 0,
      foretold: false,
    });
  }
}
