import { createEngine, randomModel, smallConfig } from '../../../test/support/engine.js';
import { testConfig } from '../../../test/support/test-config.js';
import type { Result } from '../../common/index.js';
import { GREEDY } from '../sampler/index.js';
import { EngineCapacity } from './engine-capacity.js';
import { engineSize } from './engine-size.js';
import { EngineTuning } from './engine-tuning.js';

const tuned = (size: EngineTuning['size']) => Object.assign(new EngineTuning(), { size });

describe('what the engine can take', () => {
  it('is a request of so many tokens, and none of more', () => {
    // Pages of this model do not fill the budget evenly.
    const built = randomModel(smallConfig({ layers: 3, kvHeads: 1, maxPositions: 10_000 }), 'int8', 3);
    const { config, release } = built.model;
    const tokens = new EngineCapacity(testConfig({ kvCacheMb: 1 }), new EngineTuning()).tokens(config);
    const engine = createEngine(built, { kvCacheBytes: 2 ** 20 });
    const ask = (maxTokens: number) => {
      let result: Result<unknown> | undefined;
      const request = { release, promptIds: [1, 2, 3], maxTokens, stopIds: [], sampling: GREEDY };
      const sink = { event: () => undefined, done: (value: Result<unknown>) => void (result = value) };
      engine.submit(maxTokens, { kind: 'generate', ...request }, sink);
      return result;
    };
    expect(ask(tokens - 2)).toMatchObject({ error: { code: 'KV_BUDGET_EXCEEDED' } });
    expect(ask(tokens - 3)).toBeUndefined();
  });

  it('grows with the cache that is tuned', () => {
    const config = testConfig({ kvCacheMb: 1 });
    const tokens = (size: EngineTuning['size']) =>
      new EngineCapacity(config, tuned(size)).tokens(smallConfig());
    expect([tokens({}), tokens({ kvCacheMb: 2 })]).toEqual([2_049, 4_097]);
  });

  it.each([
    ['exact', undefined, 16],
    ['exact', 24, 24],
    ['exact', 64, 32],
    ['tfjs', undefined, 64],
    ['tfjs', 128, 128],
    ['tfjs', 500, 256],
  ] as const)(
    'is of its lane: %s with %s streams works on %i answers at once',
    (inferenceEngine, streams, most) => {
      const config = testConfig({ inferenceEngine });
      const tuning = tuned(streams === undefined ? {} : { streams });
      expect(new EngineCapacity(config, tuning).streams).toBe(most);
      expect(engineSize(config, tuning).streams).toBe(most);
    },
  );
});
