// Accumulators pass through memory, neighbours side by side, before their halves are added: compilers that join neighbouring
// 128-bit operations to 256-bit ones (V8's revectorizer) start from such stores.

/** Bytes each thread needs. */
export const SPILL_BYTES = 256;

/** Where this thread's accumulators pass through memory. */
export let spill: usize = 0;

/** Gives this instance, which is one thread's, its own `SPILL_BYTES`. */
export function useSpill(address: usize): void {
  spill = address;
}
