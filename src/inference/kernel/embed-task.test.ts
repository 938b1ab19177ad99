import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { unwrap, type Result } from '../../common/index.js';
import { GREEDY } from '../sampler/index.js';
import type { WorkResult } from './engine-core.js';
import { buildModel, type BuiltModel } from './model-builder.js';

const SIZE = 64;
const config = smallConfig({ vocabSize: SIZE });

/** A model whose head is the identity: its logits are the normed hidden states themselves. */
function seeThrough(): BuiltModel {
  let state = 5;
  return buildModel(
    config,
    (block, tensor) => {
      const values = new Float32Array(tensor.rows * tensor.columns);
      const isHead = block === 'head' && tensor.use === 'matrix';
      for (let i = 0; i < values.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        values[i] = tensor.name === 'norm' ? 1 : (state / 2 ** 31 - 1) / 4;
        if (isHead) values[i] = Math.floor(i / SIZE) === i % SIZE ? 1 : 0;
      }
      return { dtype: 'f32', values };
    },
    nativeSha256,
  );
}

const length = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));

describe('embedding', () => {
  it('is the mean of the final hidden states, of length 1', () => {
    const built = seeThrough();
    const { release } = built.model;
    const engine = createEngine(built);
    const ids = Array.from({ length: 150 }, (_, i) => (i * 17) % SIZE);
    const hidden = unwrap(runWork(engine, { kind: 'logits', release, ids })) as Float32Array[];
    const mean = Array.from({ length: SIZE }, (_, i) => hidden.reduce((sum, row) => sum + row[i], 0) / 150);
    const scale = Math.sqrt(mean.reduce((sum, x) => sum + x * x, 0));
    const embedding = unwrap(runWork(engine, { kind: 'embed', release, ids })) as Float32Array;
    expect(embedding).toEqual(Float32Array.from(mean, (x) => x / scale));
    expect(length(embedding)).toBeCloseTo(1, 6);
    expect(embedding.some((x) => Math.abs(x) > 0.01)).toBe(true);
  });

  it('has the same bits in any company', () => {
    const built = randomModel(config, 'int8', 9);
    const { release } = built.model;
    const texts = [3, 40, 129, 200].map((count) => Array.from({ length: count }, (_, i) => (i * 7) % SIZE));
    const alone = texts.map((ids) => unwrap(runWork(createEngine(built), { kind: 'embed', release, ids })));
    const engine = createEngine(built);
    const together: Result<WorkResult>[] = [];
    const nothing = () => undefined;
    const answer = { release, promptIds: [1, 2, 3], maxTokens: 60, stopIds: [], sampling: GREEDY };
    engine.submit(9, { kind: 'generate', ...answer }, { event: nothing, done: nothing });
    engine.step();
    // Of this one's prompt the last layer makes keys and values only, beside rows that go all the way.
    const long = { ...answer, promptIds: new Array<number>(150).fill(5) };
    engine.submit(8, { kind: 'generate', ...long }, { event: nothing, done: nothing });
    texts.forEach((ids, i) => {
      const sink = { event: nothing, done: (result: Result<WorkResult>) => void (together[i] = result) };
      engine.submit(i, { kind: 'embed', release, ids }, sink);
    });
    while (engine.busy) engine.step();
    expect(together.map(unwrap)).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
  });

  it('is refused for no ids, for unknown ones and for more than the context holds', () => {
    const built = randomModel(config, 'int8', 9);
    const { release } = built.model;
    const refusal = (ids: number[]) => {
      const result = runWork(createEngine(built), { kind: 'embed', release, ids });
      return result.ok ? 'ok' : result.error.code;
    };
    expect([[], [SIZE], new Array<number>(201).fill(1), [1]].map(refusal)).toEqual([
      'REQUEST_INVALID',
      'REQUEST_INVALID',
      'PROMPT_TOO_LONG',
      'ok',
    ]);
  });
});
