/**
 * Limits of a worker thread's JavaScript heap (`resourceLimits` of `node:worker_threads`): the young generation stays at its first
 * size, 1 MiB for each of its halves and a third for what is promoted. The threads keep weights and caches outside of that heap, so
 * that a larger one would only cost memory, once per thread.
 */
export const SMALL_YOUNG_HEAP: { readonly maxYoungGenerationSizeMb: number } = {
  maxYoungGenerationSizeMb: 3,
};
