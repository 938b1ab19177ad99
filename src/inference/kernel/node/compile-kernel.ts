import { setFlagsFromString } from 'node:v8';

/**
 * V8's options for joining neighbouring 128-bit operations to 256-bit ones. The optimising compiler must be the first and only
 * one, for the whole module at once, so that the self-test runs the very code that serves; and the result must stay out of the
 * cache, where a plain compilation of the same bytes would find it.
 */
const JOINING = [
  ['--experimental-wasm-revectorize', '--no-experimental-wasm-revectorize'],
  ['--no-liftoff', '--liftoff'],
  ['--no-wasm-lazy-compilation', '--wasm-lazy-compilation'],
  ['--no-wasm-native-module-cache', '--wasm-native-module-cache'],
] as const;

/**
 * Compiles the kernel. V8 calls joining experimental, so callers use such a module only after the self-test has found the same
 * bits; on processors without AVX2 it changes nothing.
 */
export function compileKernel(bytes: Uint8Array<ArrayBuffer>, joined: boolean): WebAssembly.Module {
  if (!joined) return new WebAssembly.Module(bytes);
  for (const [on] of JOINING) setFlagsFromString(on);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const [, off] of JOINING) setFlagsFromString(off);
  }
}
