import { requestJson, withQuery } from './client.js';

/** How one expert has been used since the server started. */
export interface ExpertUse {
  readonly name: string;
  readonly layer: number;
  readonly expert: number;
  readonly model: string;
  readonly block: string;
  /** Token passes computed. */
  readonly uses: number;
  /** Verified loads from disk. */
  readonly loads: number;
  /** Mean time of a verified load from disk in ms; null when it was never loaded. */
  readonly load_ms: number | null;
}

/** `GET /experts/cache`. */
export interface ExpertCache {
  readonly bytes: number;
  readonly budget: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly load_ms: number | null;
  /** Which expert leaves the memory when another needs room; null while no engine runs. */
  readonly policy: string | null;
  /** Experts foretold for the next layer: loads begun and used, and how often that was right; null while no engine runs. */
  readonly prefetch: {
    readonly loads: number;
    readonly used: number;
    readonly precision: number | null;
    readonly recall: number | null;
  } | null;
  /** What `stemma cache-lab` found last; null before it has run. */
  readonly lab: CacheLab | null;
}

/** Hit rates of a replayed routing trace, 0 to 1. */
export interface CacheLab {
  readonly model: string;
  readonly policy: string;
  readonly expert_cache_mb: number;
  readonly measured_at: number;
  readonly passes: number;
  readonly hit_rate: number;
  readonly optimum: number;
  readonly prediction: { readonly precision: number; readonly recall: number } | null;
  readonly curves: readonly CacheLabPoint[];
}

/** Hit rates by policy at one size of the cache. */
export interface CacheLabPoint {
  readonly experts: number;
  readonly bytes: number;
  readonly hit_rates: Readonly<Record<string, number>>;
}

/** Experts by use, most used first. */
export async function listExperts(limit: number, signal?: AbortSignal): Promise<readonly ExpertUse[]> {
  const answer = await requestJson<{ items: readonly ExpertUse[] }>(withQuery('/experts/top', { limit }), {
    signal,
  });
  return answer.items;
}

/** How the expert cache does. */
export function getExpertCache(signal?: AbortSignal): Promise<ExpertCache> {
  return requestJson('/experts/cache', { signal });
}
