import { bytesToHex, concatBytes, unwrap, type Result, type Sha256 } from '../../common/index.js';
import type { TensorDtype } from '../../experts/tensorblock/index.js';
import type { SamplingParameters } from '../sampler/index.js';
import type { ModelConfig } from './config.js';
import { EngineCore, type WorkResult } from './engine-core.js';
import type { Kernel } from './kernel.js';
import { MemoryBlockSource } from './memory-source.js';
import { buildModel, type BuiltModel } from './model-builder.js';
import type { GenerateResult } from './requests.js';

/** What three small models, in all dtypes and layouts, must answer: SHA-256 over their commitment chains. */
export const SELF_TEST_VECTOR = 'dfdb16b1f3eab53f10a94475ed4859ee57c319e38553b855c9a59845b433e381';

const CONFIG: ModelConfig = {
  family: 'mixtral',
  hiddenSize: 64,
  layers: 2,
  experts: 4,
  expertsPerToken: 2,
  expertHiddenSize: 96,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  vocabSize: 90,
  maxPositions: 64,
  ropeTheta: 10000,
  rmsEpsilon: 1e-5,
  tieWordEmbeddings: false,
};
const SAMPLING: SamplingParameters = {
  temperature: 0.9,
  topP: 0.95,
  topK: 40,
  minP: 0.01,
  repetitionPenalty: 1.1,
  presencePenalty: 0.1,
  frequencyPenalty: 0.1,
  seed: 20251121,
};
const DTYPES: readonly TensorDtype[] = ['int8', 'f16', 'f32'];

/** What a self-test found. */
export interface SelfTestResult {
  readonly ok: boolean;
  readonly detail: string;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Runs the built-in models on a kernel, with one thread and with all it has, and compares every bit with the known vector: a
 * processor, runtime or kernel that computes differently is found out before it serves anything.
 */
export function selfTest(kernel: Kernel, sha256: Sha256): SelfTestResult {
  const all = kernel.threads;
  for (const threads of new Set([1, all])) {
    const actual = runModels(kernel, threads, sha256);
    if (actual !== SELF_TEST_VECTOR) {
      const detail = `the kernel computes other bits than it should with ${threads} thread(s)`;
      return { ok: false, detail, expected: SELF_TEST_VECTOR, actual };
    }
  }
  const detail = `known vector met with 1 and ${all} thread(s)`;
  return { ok: true, detail, expected: SELF_TEST_VECTOR, actual: SELF_TEST_VECTOR };
}

function runModels(kernel: Kernel, threads: number, sha256: Sha256): string {
  const { reclaim } = kernel.heap;
  kernel.threadLimit = threads;
  try {
    const states = [0, 1, 2].map((shift) => runModel(kernel, testModel(shift, sha256), sha256));
    return bytesToHex(sha256(concatBytes(...states)));
  } finally {
    kernel.threadLimit = kernel.threads;
    kernel.heap.reclaim = reclaim;
  }
}

/** The last commitment state of an answer long enough to cross a KV page. */
function runModel(kernel: Kernel, { model, payloads }: BuiltModel, sha256: Sha256): Uint8Array {
  const source = new MemoryBlockSource(payloads, sha256);
  const limits = { expertCacheBytes: 1 << 20, kvCacheBytes: 1 << 20, maxStreams: 1 };
  const engine = new EngineCore(
    { kernel, source, kernelHash: '00'.repeat(32), sha256, now: () => 0 },
    limits,
  );
  unwrap(engine.load(model));
  const promptIds = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];
  let result: Result<WorkResult> | undefined;
  engine.submit(
    0,
    { kind: 'generate', release: model.release, promptIds, maxTokens: 30, stopIds: [], sampling: SAMPLING },
    { event: () => undefined, done: (value) => (result = value) },
  );
  while (!result) engine.step();
  engine.unload(model.release);
  return (unwrap(result) as GenerateResult).states.at(-1)!;
}

/** Weights from a linear congruential generator, whole numbers scaled by powers of two: the same on every machine. */
function testModel(shift: number, sha256: Sha256): BuiltModel {
  let state = 12345 + shift;
  let turn = shift;
  return buildModel(
    CONFIG,
    (_, tensor) => {
      const dtype = DTYPES[turn++ % DTYPES.length];
      const values = new Float32Array(tensor.rows * tensor.columns);
      const norm = tensor.name === 'norm';
      for (let i = 0; i < values.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        values[i] = norm
          ? 1 + (state >>> 24) / 1024
          : ((state >>> 21) - 1024) / (tensor.use === 'table' ? 1024 : 4096);
      }
      return { dtype, values };
    },
    sha256,
  );
}
