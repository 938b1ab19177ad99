/** Threads that a training may use: memory is shared only where the page is isolated from other origins. */
export function mostThreads(): number {
  return globalThis.crossOriginIsolated ? Math.max(1, Math.min(64, navigator.hardwareConcurrency)) : 1;
}
