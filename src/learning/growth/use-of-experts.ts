import type { ReleaseModel } from '../source/release-model.js';
import { tensorValues } from '../source/tensor-values.js';
import { packBatch, type TokenSequence } from '../trainer/batch.js';
import { ModelWeights } from '../trainer/model-weights.js';
import { trainingKernelPath } from '../trainer/node/training-kernel-path.js';
import { TrainingThreads } from '../trainer/node/training-threads.js';
import { Tape } from '../trainer/tape.js';
import { Transformer } from '../trainer/transformer.js';

/** Examples that are looked at: enough to see which expert of a layer is used most. */
const MOST_EXAMPLES = 64;

/** How many tokens of the first examples each expert gets, by layer. On one thread; the same for the same examples everywhere. */
export function useOfExperts(model: ReleaseModel, examples: readonly TokenSequence[]): number[][] {
  const { config } = model;
  const seen = examples.slice(0, MOST_EXAMPLES);
  const longest = seen.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  // Nobody helps, so there is nobody to stop.
  const { kernel } = TrainingThreads.start({ kernelPath: trainingKernelPath(), threads: 1, longest });
  const valuesOf = (block: string, tensor: string) => tensorValues(model, block, tensor);
  const weights = new ModelWeights(kernel, config, valuesOf, new Set());
  const transformer = new Transformer(kernel, config, weights);
  const use = Array.from({ length: config.layers }, () => new Array<number>(config.experts).fill(0));
  transformer.onRouted = (layer, counts) => counts.forEach((count, expert) => (use[layer][expert] += count));
  for (const example of seen) {
    const mark = kernel.mark();
    const tape = new Tape(kernel);
    const batch = packBatch(kernel, [example]);
    transformer.advance(tape, transformer.embed(tape, batch), batch, config.layers);
    kernel.release(mark);
  }
  return use;
}
