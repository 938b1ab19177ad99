import {
  createEngine,
  createKernel,
  EVERY_PART,
  randomModel,
  runWork,
  smallConfig,
} from '../../../test/support/engine.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { Architecture } from '../../experts/tensorblock/architecture.js';
import type { TensorDtype } from '../../experts/tensorblock/index.js';
import { MemoryBlockSource } from '../kernel/index.js';
import type { BuiltModel } from '../kernel/model-builder.js';
import { exp32 } from './arithmetic/float32.js';
import { exp64, log64, sin64 } from './arithmetic/float64.js';
import { PlainForward } from './plain-forward.js';
import { PlainWeights } from './referee/weights.js';

function plainLogits(built: BuiltModel, ids: readonly number[]): Float32Array[] {
  const weights = new PlainWeights(built.model, new MemoryBlockSource(built.payloads, nativeSha256));
  const forward = new PlainForward(weights);
  return ids.map(
    (id, position) =>
      unwrap(forward.run(position, id, true))
        .at(-1)!
        .at(-1)!.value,
  );
}

const IDS = Array.from({ length: 41 }, (_, i) => (i * i * 7 + 3) % 83);
/** The greatest number of 32 bits. */
const GREATEST = (2 - 2 ** -23) * 2 ** 127;

function kernelLogits(built: BuiltModel): Float32Array[] {
  const work = { kind: 'logits', release: built.model.release, ids: IDS } as const;
  return unwrap(runWork(createEngine(built), work)) as Float32Array[];
}

const bitsOf = (rows: readonly Float32Array[]) =>
  rows.map((row) => Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('hex'));

const PARTS: Record<string, Architecture | undefined> = {
  mixtral: undefined,
  'qwen3-moe': { version: 1, queryKeyNorm: 'head' },
  olmoe: { version: 1, queryKeyNorm: 'width', routerSoftmax: 'all' },
  'gpt-oss': {
    version: 1,
    attentionBias: true,
    attentionSinks: true,
    slidingWindow: { positions: 7, layers: [0] },
    yarn: {
      factor: 32,
      originalPositions: 20,
      betaFast: 32,
      betaSlow: 1,
      truncate: true,
      attentionFactor: 1.2,
    },
    routerBias: true,
    expertBias: true,
    clampedSwiglu: { alpha: 1.702, limit: 0.7 },
  },
  everything: EVERY_PART,
  'less an expert': { version: 1, leftOut: [{ layer: 1, experts: [0] }] },
  'everything, less experts': {
    ...EVERY_PART,
    leftOut: [
      { layer: 0, experts: [2] },
      { layer: 2, experts: [1] },
    ],
  },
};

describe('the forward pass in plain TypeScript', () => {
  const cases: [string, TensorDtype | 'mixed'][] = [
    ...Object.keys(PARTS).map((name): [string, 'mixed'] => [name, 'mixed']),
    ...(['int8', 'int4', 'f16', 'f32'] as const).map((dtype): [string, TensorDtype] => ['everything', dtype]),
  ];
  it.each(cases)('has the bits of the kernel: %s in %s', (name, dtype) => {
    const architecture = PARTS[name];
    const shape = { layers: 3, experts: 3, vocabSize: 83, headDim: dtype === 'f16' ? 32 : 16 };
    const built = randomModel(
      smallConfig({ ...shape, ...(architecture === undefined ? {} : { architecture }) }),
      dtype,
      dtype.length + name.length,
    );
    expect(bitsOf(plainLogits(built, IDS))).toEqual(bitsOf(kernelLogits(built)));
  });

  it('has the bits of the kernel where the logit of an expert that is left out exceeds all numbers', () => {
    const architecture: Architecture = { ...EVERY_PART, leftOut: [{ layer: 1, experts: [0] }] };
    const config = smallConfig({ layers: 3, vocabSize: 83, architecture });
    const built = randomModel(config, 'f32', 7, (block, tensor, values) => {
      if (block !== 'layer1.router') return;
      if (tensor === 'bias') values[0] = GREATEST;
      // The first expert's row, so that its logits matter beside such a bias.
      if (tensor === 'weight') for (let i = 0; i < config.hiddenSize; i++) values[i] *= 1e35;
    });
    const logits = kernelLogits(built);
    expect(logits.every((row) => row.every(Number.isFinite))).toBe(true);
    expect(bitsOf(plainLogits(built, IDS))).toEqual(bitsOf(logits));
  });

  it('has the exponential, logarithm and sine of the kernel', () => {
    const { exports } = createKernel();
    const different: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      const x = Math.fround(((i * 7919) % 200_003) / 1000 - 100);
      const equal =
        exp32(x) === exports.exp4Test(x) &&
        exp64(x) === exports.exp64(x) &&
        log64(i + 0.37) === exports.log64(i + 0.37) &&
        sin64(i * 3.7, 0) === exports.sin64(i * 3.7, 0) &&
        sin64(i * 3.7, 1) === exports.sin64(i * 3.7, 1);
      if (!equal) different.push(i);
    }
    expect(different).toEqual([]);
  });
});
