import fc from 'fast-check';
import { EVERY_PART, randomModel, smallConfig } from '../../../test/support/engine.js';
import { ReferenceModel } from '../../../test/support/reference-model.js';
import { tensorflowGradients } from '../../../test/support/tensorflow-model.js';
import { createTrainingKernel, lookUp, modelOf, valuesOf } from '../../../test/support/training.js';
import type { ModelConfig } from '../../experts/tensorblock/model-limits.js';
import { packBatch, type TokenSequence } from './batch.js';
import { ModelWeights } from './model-weights.js';
import { Tape } from './tape.js';
import { Transformer } from './transformer.js';

type Values = Map<string, Float32Array>;

/** Mean loss of the sequences, from its definition, in float64. */
function referenceLoss(reference: ReferenceModel, sequences: readonly TokenSequence[]): number {
  const losses = sequences.flatMap(({ ids, firstTarget }) => {
    const logits = reference.logits(ids.slice(0, -1));
    return ids.slice(firstTarget).map((target, i) => {
      const row = [...logits[firstTarget - 1 + i]];
      const greatest = Math.max(...row);
      return Math.log(row.reduce((sum, x) => sum + Math.exp(x - greatest), 0)) + greatest - row[target];
    });
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Loss and the gradients of all trained tensors. */
function train(config: ModelConfig, values: Values, sequences: readonly TokenSequence[], trained: string[]) {
  const kernel = createTrainingKernel();
  const weights = new ModelWeights(kernel, config, lookUp(values), new Set(trained));
  const transformer = new Transformer(kernel, config, weights);
  const tape = new Tape(kernel);
  const batch = packBatch(kernel, sequences);
  const stream = transformer.advance(tape, transformer.embed(tape, batch), batch, config.layers);
  const losses = transformer.losses(tape, stream, batch, 1 / batch.asking.length);
  tape.backward();
  const gradientOf = (block: string, tensor: string): Float32Array => {
    const { gradient, rows, columns } = weights.get(block, tensor);
    return gradient === 0 ? new Float32Array(rows * columns) : kernel.floats(gradient, rows * columns);
  };
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length, gradientOf };
}

/** The slope of the reference's loss along one of its values; null where a choice of experts changes nearby. */
function slope(
  reference: ReferenceModel,
  sequences: readonly TokenSequence[],
  values: Float32Array,
  i: number,
): number | null {
  const kept = values[i];
  const at = (change: number) => {
    values[i] = kept + change;
    return { x: values[i], loss: referenceLoss(reference, sequences) };
  };
  const between = (step: number) => {
    const [low, high] = [at(-step), at(step)];
    return (high.loss - low.loss) / (high.x - low.x);
  };
  const [wide, narrow] = [between(1e-3), between(2.5e-4)];
  values[i] = kept;
  return Math.abs(wide - narrow) > 1e-4 + 0.05 * Math.abs(narrow) ? null : narrow;
}

const SMALL = { hiddenSize: 32, expertHiddenSize: 32, vocabSize: 40 };

const sequencesOf = (seed: number): TokenSequence[] =>
  [9, 4].map((length, s) => ({
    ids: Array.from({ length }, (_, i) => (seed * 7 + s * 31 + i * i * 3) % SMALL.vocabSize),
    firstTarget: s + 1,
  }));

/** Weights small enough that no softmax is saturated: finite differences need a smooth place. */
const modelAt = (config: ModelConfig, seed: number): Values => {
  const values = valuesOf(randomModel(config, 'f32', seed));
  for (const [key, tensor] of values)
    if (!key.includes('norm')) for (let i = 0; i < tensor.length; i++) tensor[i] *= 0.7;
  return values;
};

describe('the forward and the backward pass', () => {
  it.each([
    ['Mixtral', undefined],
    ['every part that families have', EVERY_PART],
    ['norms of single heads', { version: 1, queryKeyNorm: 'head' } as const],
    ['an expert that is left out', { version: 1, leftOut: [{ layer: 0, experts: [1] }] } as const],
  ])('give the loss and the gradients of a float64 reference: %s', (_, architecture) => {
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const config = smallConfig({ ...SMALL, architecture });
        const values = modelAt(config, seed);
        const sequences = sequencesOf(seed);
        const blocks = [...new Set([...values.keys()].map((key) => key.split('/')[0]))];
        const { loss, gradientOf } = train(config, values, sequences, blocks);
        const reference = new ReferenceModel(modelOf(config, values));
        expect(loss).toBeCloseTo(referenceLoss(reference, sequences), 4);
        const wrong: string[] = [];
        let steep = 0;
        for (const [key, tensor] of values) {
          const [block, name] = key.split('/');
          const gradient = gradientOf(block, name);
          // the greatest of them, and any other
          const greatest = gradient.reduce(
            (best, g, i) => (Math.abs(g) > Math.abs(gradient[best]) ? i : best),
            0,
          );
          for (const i of [greatest, (seed * 13) % tensor.length]) {
            const expected = slope(reference, sequences, reference.valuesOf(block, name), i);
            if (expected === null) continue;
            if (Math.abs(expected) > 1e-3) steep++;
            if (Math.abs(gradient[i] - expected) > 2e-5 + 0.02 * Math.abs(expected))
              wrong.push(`${key}[${i}]: ${gradient[i]} instead of ${expected}`);
          }
        }
        expect(wrong).toEqual([]);
        // most tensors matter, or nothing would be tested
        expect(steep).toBeGreaterThan(values.size / 2);
      }),
      { numRuns: 1 },
    );
  });

  it('give the loss and every gradient that TensorFlow.js gives', async () => {
    const config = smallConfig(SMALL);
    const values = modelAt(config, 11);
    const sequences = sequencesOf(11);
    const blocks = [...new Set([...values.keys()].map((key) => key.split('/')[0]))];
    const { loss, gradientOf } = train(config, values, sequences, blocks);
    const expected = await tensorflowGradients(config, values, sequences);
    expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-5);
    let moved = 0;
    for (const [key, gradient] of expected.gradients) {
      const [block, name] = key.split('/');
      const greatest = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
      const difference = gradientOf(block, name).reduce(
        (most, g, i) => Math.max(most, Math.abs(g - gradient[i])),
        0,
      );
      expect([key, difference < 1e-6 + 1e-4 * greatest]).toEqual([key, true]);
      if (greatest > 1e-4) moved++;
    }
    expect(moved).toBeGreaterThan(values.size / 2);
  });
});
