import type { ExpertCacheStats } from './expert-cache.js';
import type { ForesightStats } from './prefetcher.js';

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
  readonly active: number;
  readonly queued: number;
  readonly cache: ExpertCacheStats;
  /** How well the experts of layers were foretold; null when nobody looked. */
  readonly foresight: ForesightStats | null;
  readonly kv: { readonly usedBytes: number; readonly reservedBytes: number; readonly budget: number };
  /** Size of the kernel's memory. */
  readonly memoryBytes: number;
  readonly models: readonly {
    readonly release: string;
    readonly layers: number;
    readonly experts: readonly ExpertStats[];
  }[];
}
