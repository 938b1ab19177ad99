import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { unwrap, type Result } from '../../src/common/index.js';
import { nativeSha256, nativeSha256Hex } from '../../src/common/native-hash.js';
import type { Architecture } from '../../src/experts/tensorblock/architecture.js';
import type { TensorDtype } from '../../src/experts/tensorblock/index.js';
import {
  createKernelMemory,
  EngineCore,
  Kernel,
  MemoryBlockSource,
  type EngineLimits,
  type KernelCompilation,
  type ModelConfig,
} from '../../src/inference/kernel/index.js';
import type { BlockSource } from '../../src/inference/kernel/block-source.js';
import type { WorkResult } from '../../src/inference/kernel/engine-core.js';
import { compileKernel } from '../../src/inference/kernel/node/compile-kernel.js';
import { buildModel, type BuiltModel } from '../../src/inference/kernel/model-builder.js';
import type { Work } from '../../src/inference/kernel/requests.js';

const kernelFile = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));

/** The built kernel's bytes. */
export const kernelBytes: Uint8Array<ArrayBuffer> = Uint8Array.from(readFileSync(kernelFile));
/** Its hash. */
export const kernelHash = nativeSha256Hex(kernelBytes);

const modules = new Map<boolean, WebAssembly.Module>();

/** The kernel, compiled once with V8's joined operations or once as it stands. */
function compiledKernel(joined: boolean): WebAssembly.Module {
  const known = modules.get(joined);
  if (known !== undefined) return known;
  const module = compileKernel(kernelBytes, joined);
  modules.set(joined, module);
  return module;
}

/** A kernel on this thread alone, with a fresh memory. */
export function createKernel(compilation: KernelCompilation['name'] = 'plain'): Kernel {
  return Kernel.create(compiledKernel(compilation === 'joined'), createKernelMemory(), 1);
}

/** An engine on this thread with a model loaded from memory. */
export function createEngine(
  built: BuiltModel,
  limits: Partial<EngineLimits> = {},
  source?: BlockSource,
  now = () => performance.now(),
  compilation: KernelCompilation['name'] = 'plain',
): EngineCore {
  const engine = new EngineCore(
    {
      kernel: createKernel(compilation),
      source: source ?? new MemoryBlockSource(built.payloads, nativeSha256),
      kernelHash,
      sha256: nativeSha256,
      now,
    },
    { expertCacheBytes: 1 << 26, kvCacheBytes: 1 << 26, maxStreams: 8, ...limits },
  );
  unwrap(engine.load(built.model));
  return engine;
}

/** Runs one request to its end. */
export function runWork(engine: EngineCore, work: Work): Result<WorkResult> {
  let result: Result<WorkResult> | undefined;
  engine.submit(0, work, { event: () => undefined, done: (value) => (result = value) });
  while (!result) engine.step();
  return result;
}

/** A small Mixtral; the arguments of tests change what they are about. */
export function smallConfig(changes: Partial<ModelConfig> = {}): ModelConfig {
  return {
    ...{ family: 'mixtral', hiddenSize: 64, layers: 2, experts: 4, expertsPerToken: 2, expertHiddenSize: 64 },
    ...{ heads: 4, kvHeads: 2, headDim: 16, vocabSize: 100, maxPositions: 200 },
    ...{ ropeTheta: 10000, rmsEpsilon: 1e-5, tieWordEmbeddings: false },
    ...changes,
  } as ModelConfig;
}

/** Every part that a family may have besides Mixtral's, at once. */
export const EVERY_PART: Architecture = {
  version: 1,
  queryKeyNorm: 'width',
  attentionBias: true,
  attentionSinks: true,
  slidingWindow: { positions: 11, layers: [0, 2] },
  yarn: { factor: 4, originalPositions: 50, betaFast: 32, betaSlow: 1, truncate: false },
  routerSoftmax: 'all',
  routerBias: true,
  expertBias: true,
  clampedSwiglu: { alpha: 1.702, limit: 1.5 },
};

/** What is made of some weights of a random model, in place. */
export type WeightChange = (block: string, tensor: string, values: Float32Array) => void;

/** A model with weights from a seeded generator, spread so that activations keep their size; `change` may make some others of them. */
export function randomModel(
  config: ModelConfig,
  dtype: TensorDtype | 'mixed',
  seed: number,
  change: WeightChange = () => undefined,
): BuiltModel {
  let state = seed >>> 0;
  let count = seed >>> 0;
  const dtypes: readonly TensorDtype[] = ['int8', 'f16', 'f32'];
  return buildModel(
    config,
    (block, tensor) => {
      const values = new Float32Array(tensor.rows * tensor.columns);
      const spread = tensor.use === 'table' ? 1 : 1.7 / Math.sqrt(tensor.columns);
      for (let i = 0; i < values.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const random = state / 2 ** 31 - 1;
        values[i] = tensor.name.endsWith('norm') ? 1 + random / 4 : random * spread;
      }
      change(block, tensor.name, values);
      return { dtype: dtype === 'mixed' ? dtypes[count++ % 3] : dtype, values };
    },
    nativeSha256,
  );
}
