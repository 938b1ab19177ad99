import fc from 'fast-check';
import {
  createEngine,
  createKernel,
  EVERY_PART,
  randomModel,
  runWork,
  smallConfig,
} from '../../../test/support/engine.js';
import { ReferenceModel } from '../../../test/support/reference-model.js';
import { bytesToHex, unwrap, type Result } from '../../common/index.js';
import type { Architecture } from '../../experts/tensorblock/architecture.js';
import { GREEDY } from '../sampler/index.js';
import type { WorkResult } from './engine-core.js';
import type { GenerateResult, ReplayResult } from './requests.js';

/** Any parts together, whether or not a family has them. */
const architectures = fc.record(
  {
    queryKeyNorm: fc.constantFrom('head' as const, 'width' as const),
    attentionBias: fc.constant(true as const),
    attentionSinks: fc.constant(true as const),
    slidingWindow: fc.record({
      positions: fc.integer({ min: 1, max: 60 }),
      layers: fc.constantFrom([0], [1], [0, 1]),
    }),
    yarn: fc.record(
      {
        factor: fc.constantFrom(1, 4, 32),
        originalPositions: fc.constantFrom(20, 1024),
        betaFast: fc.constantFrom(32, 8),
        betaSlow: fc.constantFrom(1, 2),
        truncate: fc.boolean(),
        attentionFactor: fc.constantFrom(0.5, 1.25),
      },
      { requiredKeys: ['factor', 'originalPositions', 'betaFast', 'betaSlow', 'truncate'] },
    ),
    routerSoftmax: fc.constant('all' as const),
    routerBias: fc.constant(true as const),
    expertBias: fc.constant(true as const),
    clampedSwiglu: fc.record({ alpha: fc.constantFrom(1.702, 1), limit: fc.constantFrom(0.3, 7) }),
  },
  { requiredKeys: ['attentionBias'] },
);

describe('the parts of an architecture', () => {
  it('agree with a float64 reference in every combination', () => {
    const shapes = fc.record({
      kvHeads: fc.integer({ min: 1, max: 2 }),
      headDim: fc.constantFrom(16, 32),
      experts: fc.integer({ min: 2, max: 5 }),
      length: fc.integer({ min: 1, max: 75 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(architectures, shapes, (parts, { length, seed, ...shape }) => {
        const architecture: Architecture = { version: 1, ...parts };
        const built = randomModel(smallConfig({ ...shape, architecture }), 'f32', seed);
        const ids = Array.from({ length }, (_, i) => (seed + i * i) % 100);
        const work = { kind: 'logits', release: built.model.release, ids } as const;
        const logits = unwrap(runWork(createEngine(built), work)) as Float32Array[];
        const expected = new ReferenceModel(built).logits(ids);
        const differences = logits.map((row, i) =>
          row.reduce((most, value, id) => Math.max(most, Math.abs(value - expected[i][id])), 0),
        );
        expect(Math.max(...differences)).toBeLessThan(1e-3);
      }),
      { numRuns: 20 },
    );
  });

  it('give one chain alone and in company, with a warm and a tiny cache, and in a replay', () => {
    const config = smallConfig({ layers: 3, experts: 5, architecture: EVERY_PART });
    const built = randomModel(config, 'mixed', 3);
    const { release } = built.model;
    const promptIds = Array.from({ length: 45 }, (_, i) => (i * 17) % 100);
    const sampling = { ...GREEDY, temperature: 0.8, seed: 9 };
    const request = { kind: 'generate' as const, release, promptIds, maxTokens: 40, stopIds: [], sampling };
    const alone = unwrap(runWork(createEngine(built), request)) as GenerateResult;
    const chain = alone.states.map(bytesToHex);
    const tiny =
      2 *
      Math.max(...[...built.payloads].map(([name, { length }]) => (name.includes('expert') ? length : 0)));
    const busy = createEngine(built, { expertCacheBytes: tiny, maxStreams: 3 });
    const results: Result<WorkResult>[] = [];
    for (const start of [0, 7, 30]) {
      busy.submit(
        start,
        { ...request, promptIds: promptIds.slice(start) },
        { event: () => undefined, done: (result) => (results[start] = result) },
      );
      busy.step();
    }
    while (busy.busy) busy.step();
    expect((unwrap(results[0]) as GenerateResult).states.map(bytesToHex)).toEqual(chain);
    const replay = { kind: 'replay' as const, release, promptIds, sampling, outputIds: alone.tokens };
    const replayed = unwrap(runWork(createEngine(built), replay)) as ReplayResult;
    expect(replayed.states.map(bytesToHex)).toEqual(chain);
  });

  it('have rotary frequencies as YaRN defines them', () => {
    const { heap, exports } = createKernel();
    const table = unwrap(heap.allocate(17 * 8));
    const read = () => [...new Float64Array(heap.memory.buffer, table, 17)];
    exports.frequencies(table, 32, 150_000);
    const plain = read();
    expect(plain[0]).toBe(1);
    expect(plain[16]).toBe(1);
    exports.yarnFrequencies(table, 32, 150_000, 16, 1024, 32, 1, false, 0);
    const stretched = read();
    expect(stretched[0]).toBe(1);
    expect(stretched[15]).toBeCloseTo(plain[15] / 16, 14);
    expect(stretched[16]).toBeCloseTo(0.1 * Math.log(16) + 1, 14);
    exports.yarnFrequencies(table, 32, 150_000, 16, 1024, 32, 1, false, 2.5);
    expect(read()[16]).toBe(2.5);
  });
});
