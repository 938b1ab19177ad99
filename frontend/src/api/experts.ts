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
