import type { AppSettings } from './app-config.js';

/** What WebAssembly's 32-bit addresses reach, MiB: the memory of the exact engine. */
const KERNEL_MEMORY_MB = 4096;
/** What is left of it for dense weights and buffers at least, MiB. */
const LEAST_FOR_WEIGHTS_MB = 256;

/** The sizes that share the exact engine's memory. */
export type CacheSizes = Pick<AppSettings, 'inferenceEngine' | 'expertCacheMb' | 'kvCacheMb'>;

/**
 * Why an engine of these sizes cannot be, with what to set instead; null: it can. A device of TensorFlow.js has a memory of its own,
 * which is not known here.
 */
export function cacheProblem({ inferenceEngine, expertCacheMb, kvCacheMb }: CacheSizes): string | null {
  const most = KERNEL_MEMORY_MB - LEAST_FOR_WEIGHTS_MB;
  if (inferenceEngine !== 'exact' || expertCacheMb + kvCacheMb <= most) return null;
  return (
    `EXPERT_CACHE_MB (${expertCacheMb}) and KV_CACHE_MB (${kvCacheMb}) are ${expertCacheMb + kvCacheMb} MiB together, ` +
    `but the exact engine has ${KERNEL_MEMORY_MB} MiB for both and the dense weights; allowed is ${most} together. ` +
    'What does not fit into the expert cache is read from disk: models may be larger'
  );
}
