// The kernel with activations of other than 8 bits, compiled from its source for comparisons: nothing of a node runs it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import '../test/support/typescript-threads.mjs';
import { unwrap } from '../dist/src/common/index.js';
import { nativeSha256, nativeSha256Hex } from '../dist/src/common/native-hash.js';
import {
  compileKernel,
  createKernelMemory,
  EngineCore,
  Kernel,
  MemoryBlockSource,
} from '../dist/src/inference/kernel/index.js';
import { KERNEL_OPTIONS } from '../scripts/kernel-options.mjs';
import { root } from './server.mjs';

const { importInMemory } = await import('../test/support/imported.ts');

const QUANTIZE = 'quantize.ts';
const STEPS = 'const STEPS: f32 = 127;';
const LIMITS = { expertCacheBytes: 1 << 26, kvCacheBytes: 1 << 26, maxStreams: 1 };

/** Logits of checkpoints in a dtype, with so many bits (2 to 8) of each activation in front of 8-bit weights. */
export async function logitsWithActivations(bits) {
  const bytes = await compileWith(bits);
  const module = compileKernel(bytes, false);
  return async (folder, dtype) => {
    const { model, payloads } = await importInMemory(folder, dtype);
    const source = new MemoryBlockSource(payloads, nativeSha256);
    const kernel = Kernel.create(module, createKernelMemory(), 1);
    const parts = { kernel, source, kernelHash: nativeSha256Hex(bytes), sha256: nativeSha256 };
    const engine = new EngineCore({ ...parts, now: () => performance.now() }, LIMITS);
    unwrap(engine.load(model));
    return (ids) => {
      let result;
      const listener = { event: () => undefined, done: (value) => (result = value) };
      engine.submit(0, { kind: 'logits', release: model.release, ids }, listener);
      while (result === undefined) engine.step();
      return unwrap(result);
    };
  };
}

/** The kernel's bytes where the greatest integer of an activation is 2^(bits - 1) - 1. */
async function compileWith(bits) {
  if (!Number.isInteger(bits) || bits < 2 || bits > 8) throw new Error('activations have 2 to 8 bits');
  let replaced = 0;
  let bytes = null;
  const { error, stderr } = await asc.main(
    [
      'src/inference/kernel/assembly/index.ts',
      '--baseDir',
      root,
      '--outFile',
      'kernel.wasm',
      ...KERNEL_OPTIONS,
    ],
    {
      readFile: (name, folder) => {
        const text = readIfThere(join(folder, name));
        if (!name.endsWith(QUANTIZE) || !text?.includes(STEPS)) return text;
        replaced++;
        return text.replace(STEPS, `const STEPS: f32 = ${2 ** (bits - 1) - 1};`);
      },
      writeFile: (_, written) => (bytes = Uint8Array.from(written)),
    },
  );
  if (error) throw new Error(stderr.toString());
  if (replaced !== 1) throw new Error(`${QUANTIZE} no longer has the line ${STEPS}`);
  return bytes;
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
