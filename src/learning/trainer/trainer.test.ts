import { setImmediate } from 'node:timers/promises';
import { randomModel, smallConfig } from '../../../test/support/engine.js';
import { createTrainingKernel, lookUp, valuesOf } from '../../../test/support/training.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { ADAM_DEFAULTS } from './adam.js';
import type { TokenSequence } from './batch.js';
import type { Pieces } from './pieces.js';
import { Trainer } from './trainer.js';
import type { TrainingPlan } from './training-plan.js';

const config = smallConfig({ hiddenSize: 32, expertHiddenSize: 64, layers: 3, vocabSize: 40 });
const values = valuesOf(randomModel(config, 'f32', 7));

/** Counting on by a step of one's own: something that can be learnt. */
const examples: TokenSequence[] = Array.from({ length: 30 }, (_, e) => ({
  ids: Array.from({ length: 6 + (e % 7) }, (_, i) => (e * 3 + i * (1 + (e % 3))) % 40),
  firstTarget: 2,
}));

const plan: TrainingPlan = {
  blocks: ['layer1.expert0', 'layer1.expert2', 'layer2.expert1'],
  ...{ seed: 'a seed', batchTokens: 60, microBatchTokens: 30, balance: 0 },
  schedule: { peak: 0.01, floor: 0.1, warmUp: 2, steps: 30 },
  adam: ADAM_DEFAULTS,
};

function createTrainer(
  changes: Partial<TrainingPlan> = {},
  prefixBytes = 1 << 20,
  kernel = createTrainingKernel(),
): Trainer {
  const parts = { kernel, config, valuesOf: lookUp(values), sha256: nativeSha256 };
  return new Trainer({ ...parts, prefixBytes }, { ...plan, ...changes }, examples);
}

describe('a trainer', () => {
  it('learns what the examples have in common, and leaves all other blocks alone', () => {
    const sut = createTrainer();
    const before = sut.evaluate(examples);
    const reports = Array.from({ length: 30 }, () => unwrap(sut.step()));
    const after = sut.evaluate(examples);
    expect(after).toBeLessThan(0.8 * before);
    expect(reports.map(({ step }) => step)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(reports[0].loss).toBeCloseTo(before, 0);
    expect(sut.values('layer1.expert1', 'gate')).toEqual(values.get('layer1.expert1/gate'));
    expect(sut.values('layer1.expert0', 'gate')).not.toEqual(values.get('layer1.expert0/gate'));
  });

  it('gives the same chain of hashes with and without the store of frozen layers, and from a state', () => {
    const plain = createTrainer({}, 0);
    const hashes = Array.from({ length: 8 }, () => unwrap(plain.step()).hash);
    const stored = createTrainer();
    expect(Array.from({ length: 8 }, () => unwrap(stored.step()).hash)).toEqual(hashes);
    // room for a few examples: some are thrown out and computed again
    const small = createTrainer({}, 5000);
    expect(Array.from({ length: 4 }, () => unwrap(small.step()).hash)).toEqual(hashes.slice(0, 4));
    const later = createTrainer();
    later.restore(small.state());
    expect(Array.from({ length: 4 }, () => unwrap(later.step()).hash)).toEqual(hashes.slice(4));
  });

  it('gives the same hashes and losses when it is laid down between all of its pieces', async () => {
    const rest = async <T>(pieces: Pieces<T>): Promise<{ value: T; rests: number }> => {
      for (let rests = 0; ; rests++) {
        const next = pieces.next();
        if (next.done === true) return { value: next.value, rests };
        await setImmediate();
      }
    };
    const [plain, paced] = [createTrainer(), createTrainer()];
    for (let i = 0; i < 4; i++) {
      const { value, rests } = await rest(paced.stepInPieces());
      expect(unwrap(value)).toEqual(unwrap(plain.step()));
      // several micro-batches of three layers, forward and, by far the most, backward
      expect(rests).toBeGreaterThan(60);
    }
    const { value, rests } = await rest(paced.evaluateInPieces(examples));
    expect(value).toBe(plain.evaluate(examples));
    expect(rests).toBeGreaterThan(examples.length * 6);
  });

  it('gives the same hashes in memory that another training has used', () => {
    const kernel = createTrainingKernel();
    const mark = kernel.mark();
    const hashesOf = (trainer: Trainer) => Array.from({ length: 3 }, () => unwrap(trainer.step()).hash);
    const first = hashesOf(createTrainer({}, 0, kernel));
    kernel.release(mark);
    expect(hashesOf(createTrainer({}, 0, kernel))).toEqual(first);
  });

  it('takes another way with another seed', () => {
    const [one, other] = [createTrainer(), createTrainer({ seed: 'another' })];
    expect(unwrap(one.step()).hash).not.toBe(unwrap(other.step()).hash);
  });

  it('learns everything where everything is to learn, routers balanced', () => {
    const blocks = [...new Set([...values.keys()].map((key) => key.split('/')[0]))];
    const sut = createTrainer({ blocks, balance: 0.01 });
    const before = sut.evaluate(examples);
    for (let i = 0; i < 30; i++) unwrap(sut.step());
    expect(sut.evaluate(examples)).toBeLessThan(0.5 * before);
  });

  it('stops at a gradient that is no number, its weights untouched', () => {
    const broken = new Map(values);
    const gate = Float32Array.from(values.get('layer1.expert0/gate') ?? []);
    gate[0] = Infinity;
    broken.set('layer1.expert0/gate', gate);
    const parts = { kernel: createTrainingKernel(), config, sha256: nativeSha256, prefixBytes: 0 };
    const sut = new Trainer({ ...parts, valuesOf: lookUp(broken) }, plan, examples);
    expect(sut.step()).toMatchObject({ ok: false, error: { code: 'TRAINING_DIVERGED' } });
    expect(sut.values('layer1.expert0', 'gate')).toEqual(gate);
  });
});
