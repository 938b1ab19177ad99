import type { ExpertCacheStats } from './expert-cache.js';
import type { ForesightStats } from './prefetcher.js';
import type { PrefixCacheStats } from './prefix-cache.js';
import type { SpeculationStats } from './speculation.js';

/** Use and residency of one expert. */
export interface ExpertStats {
  readonly layer: number;
  readonly expert: number;
  /** Tokens that went through it since the model was loaded. */
  readonly tokens: number;
  readonly resident: boolean;
  readonly loads: number;
  readonly meanLoadMs: number;
}

/** Figures of an engine since it started. */
export interface EngineStats {
  readonly tokensGenerated: number;
  readonly promptTokens: number;
  readonly steps: number;
  /** Rows computed in all steps. */
  readonly rows: number;
  /** Milliseconds spent in steps. */
  readonly stepMs: number;
  readonly longestStepMs: number;
  readonly threads: number;
  /** How the kernel was compiled; absent where nothing but plain compilation exists. */
  readonly compilation?: 'joined' | 'plain';
  readonly active: number;
  readonly queued: number;
  readonly cache: ExpertCacheStats;
  /** How well the experts of layers were foretold; null when nobody looked. */
  readonly foresight: ForesightStats | null;
  /** Key/value pages: those that requests use now, what is promised to them, and the limit for all. */
  readonly kv: { readonly usedBytes: number; readonly reservedBytes: number; readonly budget: number };
  readonly prefixCache: PrefixCacheStats;
  /** How many tokens were guessed, and how many rightly. */
  readonly speculation: SpeculationStats;
  /** Size of the kernel's memory. */
  readonly memoryBytes: number;
  readonly models: readonly {
    readonly release: string;
    readonly layers: number;
    readonly experts: readonly ExpertStats[];
  }[];
}
