import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomModel, smallConfig } from '../../../../test/support/engine.js';
import { lookUp, valuesOf } from '../../../../test/support/training.js';
import { unwrap } from '../../../common/index.js';
import { nativeSha256 } from '../../../common/native-hash.js';
import { ADAM_DEFAULTS } from '../adam.js';
import { Trainer } from '../trainer.js';
import { TrainingThreads } from './training-threads.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const config = smallConfig({ layers: 2, expertHiddenSize: 160, vocabSize: 300 });
const values = valuesOf(randomModel(config, 'f32', 3));
const examples = Array.from({ length: 12 }, (_, e) => ({
  ids: Array.from({ length: 20 + e * 3 }, (_, i) => (e * 17 + i * i) % 300),
  firstTarget: 1,
}));

async function hashesWith(threads: number): Promise<string[]> {
  const group = TrainingThreads.start({
    ...{ threads, longest: 128, kernelPath: join(root, 'dist/training/training.wasm') },
    execArgv: ['--import', join(root, 'test/support/typescript-threads.mjs')],
  });
  try {
    const blocks = [...new Set([...values.keys()].map((key) => key.split('/')[0]))];
    const sut = new Trainer(
      { kernel: group.kernel, config, valuesOf: lookUp(values), sha256: nativeSha256, prefixBytes: 0 },
      {
        ...{ blocks, seed: '1', batchTokens: 200, microBatchTokens: 128, balance: 0.01, adam: ADAM_DEFAULTS },
        schedule: { peak: 1e-3, floor: 0.1, warmUp: 2, steps: 6 },
      },
      examples,
    );
    return Array.from({ length: 6 }, () => unwrap(sut.step()).hash);
  } finally {
    await group.stop();
  }
}

describe('training on several threads', () => {
  it('gives the bits of one thread after every step', async () => {
    const alone = await hashesWith(1);
    expect(new Set(alone).size).toBe(6);
    expect(await hashesWith(2)).toEqual(alone);
    expect(await hashesWith(5)).toEqual(alone);
  });
});
