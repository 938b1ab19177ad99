import { bytesToHex, concatBytes, unwrap, type Result, type Sha256 } from '../../common/index.js';
import type { Architecture } from '../../experts/tensorblock/architecture.js';
import type { TensorDtype } from '../../experts/tensorblock/index.js';
import type { SamplingParameters } from '../sampler/index.js';
import type { ModelConfig } from './config.js';
import { EngineCore, type WorkResult } from './engine-core.js';
import type { Kernel } from './kernel.js';
import type { FastLane } from './lane.js';
import { MemoryBlockSource } from './memory-source.js';
import { buildModel, type BuiltModel } from './model-builder.js';
import type { GenerateResult } from './requests.js';

/** What three small models, in 8, 16 and 32 bits, must answer: SHA-256 over their commitment chains. */
export const SELF_TEST_VECTOR = 'dfdb16b1f3eab53f10a94475ed4859ee57c319e38553b855c9a59845b433e381';

/** The same of two models that have every part of the architectures besides. */
const ARCHITECTURES_VECTOR = '1a0b791c845933a5569c201a8cbf3a997fd6bf180087f48e9e9a42862f89f041';

/** The same of one model in 8 bits whose weights had 16 before, so that the kernel keeps its scales in 16 (assembly/tile-int8.ts). */
const SHORT_SCALES_VECTOR = 'f603887fed2e968bfe715365582a8183b7e764338abc549aaa65f1b605b0308e';

/** The same of one model in 4 bits. */
const FOUR_BITS_VECTOR = '316a0591ec81bababf6a5b43490683daeea4d6d45edd3b091e271cf536ad5b23';

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
/** The parts that families have besides Mixtral's, all at once; heads are normalised in both ways. */
const PARTS: Architecture = {
  version: 1,
  attentionBias: true,
  attentionSinks: true,
  slidingWindow: { positions: 9, layers: [0] },
  yarn: { factor: 8, originalPositions: 32, betaFast: 32, betaSlow: 1, truncate: false },
  routerSoftmax: 'all',
  routerBias: true,
  expertBias: true,
  clampedSwiglu: { alpha: 1.702, limit: 1 },
};
const ARCHITECTURES: readonly Architecture[] = [
  { ...PARTS, queryKeyNorm: 'head' },
  { ...PARTS, queryKeyNorm: 'width' },
];
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

interface Vector {
  /** One per model; undefined: Mixtral's. */
  readonly architectures: readonly (Architecture | undefined)[];
  /** Tensors take these in turn. */
  readonly dtypes: readonly TensorDtype[];
  /** Significant bits of a weight, at most 11. */
  readonly bits: number;
  readonly expected: string;
}
const VECTORS: readonly Vector[] = [
  { architectures: [undefined, undefined, undefined], dtypes: DTYPES, bits: 11, expected: SELF_TEST_VECTOR },
  { architectures: ARCHITECTURES, dtypes: DTYPES, bits: 11, expected: ARCHITECTURES_VECTOR },
  { architectures: [undefined], dtypes: ['int4'], bits: 11, expected: FOUR_BITS_VECTOR },
  { architectures: [undefined], dtypes: ['int8'], bits: 8, expected: SHORT_SCALES_VECTOR },
];

/** What a self-test found. */
export interface SelfTestResult {
  readonly ok: boolean;
  readonly detail: string;
  readonly expected: string;
  readonly actual: string;
  /** What computes, where it is not the kernel. */
  readonly lane?: FastLane;
  /** The code by which it was refused where it could not be made: then nothing is known. */
  readonly refused?: string;
}

/** A self-test in pieces, of one small model each (a few ms): between two of them the kernel may do other work. */
export type SelfTestSteps = Generator<undefined, SelfTestResult, undefined>;

/**
 * Runs the built-in models on a kernel, with one thread and with all it has, and compares every bit with the known vector: a
 * processor, runtime or kernel that computes differently is found out before it serves anything.
 */
export function selfTest(kernel: Kernel, sha256: Sha256): SelfTestResult {
  const steps = selfTestSteps(kernel, sha256);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** `selfTest`, piece by piece. Throws `KERNEL_MEMORY` where the kernel has no room for the models. */
export function* selfTestSteps(kernel: Kernel, sha256: Sha256): SelfTestSteps {
  const all = kernel.threads;
  for (const threads of new Set([1, all])) {
    for (const { architectures, dtypes, bits, expected } of VECTORS) {
      const states: Uint8Array[] = [];
      for (const [shift, architecture] of architectures.entries()) {
        const model = testModel(shift, architecture, dtypes, bits, sha256);
        states.push(onThreads(kernel, threads, () => runModel(kernel, model, sha256)));
        yield;
      }
      const actual = bytesToHex(sha256(concatBytes(...states)));
      const detail = `the kernel computes other bits than it should with ${threads} thread(s)`;
      if (actual !== expected) return { ok: false, detail, expected, actual };
    }
  }
  const detail = `known vector met with 1 and ${all} thread(s)`;
  return { ok: true, detail, expected: SELF_TEST_VECTOR, actual: SELF_TEST_VECTOR };
}

/** Does something with so many of the kernel's threads, and leaves the kernel as it was. */
function onThreads<T>(kernel: Kernel, threads: number, work: () => T): T {
  const { reclaim } = kernel.heap;
  kernel.threadLimit = threads;
  try {
    return work();
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
function testModel(
  shift: number,
  architecture: Architecture | undefined,
  dtypes: readonly TensorDtype[],
  bits: number,
  sha256: Sha256,
): BuiltModel {
  let state = 12345 + shift;
  let turn = shift;
  return buildModel(
    architecture === undefined ? CONFIG : { ...CONFIG, architecture },
    (_, tensor) => {
      const dtype = dtypes[turn++ % dtypes.length];
      const values = new Float32Array(tensor.rows * tensor.columns);
      const norm = tensor.name.endsWith('norm');
      for (let i = 0; i < values.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        const weight = (state >>> (32 - bits)) / 2 ** (bits - 1) - 1;
        values[i] = norm ? 1 + (state >>> 24) / 1024 : tensor.use === 'table' ? weight : weight / 4;
      }
      return { dtype, values };
    },
    sha256,
  );
}
