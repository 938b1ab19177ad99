import { dirname, join, sep } from 'node:path';
import { createRequire } from 'node:module';
import { processorName } from './device-names.js';
import type { OpenBackend } from './backend.js';
import type { Tf } from './tensor-library.js';

/** The backend keeps a packed copy of every matrix it has multiplied with, and its memory ends at 4 GiB. */
const WASM_BYTES = 1.5 * 2 ** 30;

/** Makes a registered backend the current one; throws where it does not start. */
export async function useBackend(tf: Tf, name: string): Promise<void> {
  // neither checks of every operation's shapes nor advertisements on the console
  tf.enableProdMode();
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js could not start ${name}`);
  await tf.ready();
}

/** WebAssembly with SIMD, on one thread. */
export const openWasm: OpenBackend = async () => {
  const tf = await import('@tensorflow/tfjs-core');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(join(dirname(main), sep));
  await useBackend(tf, 'wasm');
  return { tf, device: processorName(), memoryBytes: WASM_BYTES };
};

/** Plain JavaScript: slow, and everywhere. */
export const openCpu: OpenBackend = async () => {
  const tf = await import('@tensorflow/tfjs-core');
  await import('@tensorflow/tfjs-backend-cpu');
  await useBackend(tf, 'cpu');
  return { tf, device: processorName() };
};
