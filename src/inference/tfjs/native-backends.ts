import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OpenBackend } from './backend.js';
import { nvidiaNames, processorName } from './device-names.js';
import { useBackend } from './portable-backends.js';
import type { Tf } from './tensor-library.js';

const require = createRequire(import.meta.url);

/** What TensorFlow's C library says of itself, as far as it is used here. */
interface NativeBackend {
  readonly isUsingGpuDevice?: boolean;
}

/** TensorFlow's C library with CUDA. Throws where it sees no GPU: then it is the other package's business. */
export const openNodeGpu: OpenBackend = async () => {
  const { tf, usesGpu } = await openNative('@tensorflow/tfjs-node-gpu');
  if (!usesGpu) throw new Error('TensorFlow sees no GPU');
  return { tf, device: nvidiaNames() };
};

/** TensorFlow's C library on the processor; the GPU package without a GPU is the same. */
export const openNode: OpenBackend = async () => {
  const { tf } = await openNative('@tensorflow/tfjs-node').catch(() =>
    openNative('@tensorflow/tfjs-node-gpu'),
  );
  return { tf, device: processorName() };
};

async function openNative(name: string): Promise<{ readonly tf: Tf; readonly usesGpu: boolean }> {
  requireLibrary(name);
  restoreTypeTests();
  require(name);
  const tf = await import('@tensorflow/tfjs-core');
  await useBackend(tf, 'tensorflow');
  return { tf, usesGpu: (tf.backend() as NativeBackend).isUsingGpuDevice === true };
}

/** Throws where the package is there without its library: loading it would leave half a backend behind, and many lines on the console. */
function requireLibrary(name: string): void {
  const folder = join(dirname(require.resolve(`${name}/package.json`)), 'lib');
  const bindings = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  if (!bindings.some((file) => String(file).endsWith('tfjs_binding.node')))
    throw new Error('its library has not been downloaded');
}

/** The packages call functions of `util` that Node 23 took away. */
function restoreTypeTests(): void {
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] ??= Array.isArray;
}
