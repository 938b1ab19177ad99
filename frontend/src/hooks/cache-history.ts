import { useEffect, useState } from 'react';
import type { ExpertCache } from '../api/experts.js';

/** How full the cache was, and when (ms since the epoch). */
export interface CacheSample {
  readonly at: number;
  readonly bytes: number;
}

const KEPT = 300;
let samples: readonly CacheSample[] = [];

/** The cache's occupancy as this tab has seen it, oldest first, at most ten minutes; kept across pages. */
export function useCacheHistory(cache: ExpertCache | undefined, at: number): readonly CacheSample[] {
  const [history, setHistory] = useState(samples);
  useEffect(() => {
    if (cache === undefined || at <= (samples.at(-1)?.at ?? 0)) return;
    samples = [...samples.slice(1 - KEPT), { at, bytes: cache.bytes }];
    setHistory(samples);
  }, [cache, at]);
  return history;
}
