import { Injectable } from '@nestjs/common';

/** How one expert of a loaded release has been used since its model was loaded. */
export interface ExpertUse {
  readonly layer: number;
  readonly expert: number;
  /** Tokens that went through it. */
  readonly tokens: number;
  /** Whether its weights are in the kernel's memory now. */
  readonly resident: boolean;
  /** Verified loads from disk. */
  readonly loads: number;
  /** Mean duration of such a load; 0 when there was none. */
  readonly meanLoadMs: number;
}

/** How well the experts of a layer were foretold from the layer before. */
export interface Foresight {
  readonly foretold: number;
  /** Experts used by layers for which something was foretold. */
  readonly used: number;
  readonly right: number;
}

/** What `stemma cache-lab` found last: hit rates from 0 to 1, by policy and size. */
export interface CacheLabFigures {
  readonly model: string;
  readonly policy: string;
  readonly expert_cache_mb: number;
  /** Milliseconds since the epoch. */
  readonly measured_at: number;
  /** Passes replayed. */
  readonly passes: number;
  readonly hit_rate: number;
  /** Hit rate of the clairvoyant optimum. */
  readonly optimum: number;
  readonly prediction: { readonly precision: number; readonly recall: number } | null;
  readonly curves: readonly {
    readonly experts: number;
    readonly bytes: number;
    readonly hit_rates: Readonly<Record<string, number>>;
  }[];
}

/** Figures of the expert cache since the engine started. */
export interface ExpertCacheFigures {
  /** Which expert leaves the memory when another needs room. */
  readonly policy: string;
  /** Loads begun because an expert was foretold, and how many were used. */
  readonly prefetched: number;
  readonly prefetchUsed: number;
  /** Null when nobody looked. */
  readonly foresight: Foresight | null;
  readonly bytes: number;
  /** Most bytes it may hold. */
  readonly budget: number;
  readonly slots: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Total duration of verified loads from disk. */
  readonly loadMs: number;
  readonly failures: number;
}

/** Whoever executes experts and counts it: the engine, which registers itself here from above. */
export interface ExpertUsageSource {
  /** Uses per expert of a release; empty for one that is not loaded. */
  uses(release: string): readonly ExpertUse[];
  /** Null while no engine runs. */
  cache(): ExpertCacheFigures | null;
  /** Null before `stemma cache-lab` has run. */
  lab(): CacheLabFigures | null;
}

/** Where use and cache figures of experts are asked for. */
@Injectable()
export class ExpertUsage implements ExpertUsageSource {
  private source: ExpertUsageSource | null = null;

  /** Registers the one source; a later one takes its place. */
  register(source: ExpertUsageSource): void {
    this.source = source;
  }

  uses(release: string): readonly ExpertUse[] {
    return this.source?.uses(release) ?? [];
  }

  cache(): ExpertCacheFigures | null {
    return this.source?.cache() ?? null;
  }

  lab(): CacheLabFigures | null {
    return this.source?.lab() ?? null;
  }
}
