import { createEngine, EVERY_PART, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { unwrap, type Result } from '../../common/index.js';
import type { EngineLimits } from '../kernel/index.js';
import type { WorkResult } from '../kernel/engine-core.js';
import type { GenerateEvent, GenerateResult, ReplayResult } from '../kernel/requests.js';
import { BeyondTheCut } from './beyond-the-cut.js';

const config = smallConfig({ layers: 3, experts: 8, vocabSize: 40, architecture: EVERY_PART });
const built = randomModel(config, 'mixed', 5);
const { release } = built.model;
const sampling = {
  ...{ temperature: 0.4, topP: 1, topK: 3, minP: 0, seed: 3 },
  ...{ repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 },
};
const promptIds = Array.from({ length: 40 }, (_, i) => (i * 3) % 7);
const request = { release, promptIds, maxTokens: 50, stopIds: [], sampling };

/** An answer in company, and the routes of its tokens. */
function generate(limits: Partial<EngineLimits>) {
  const engine = createEngine(built, limits);
  const routes: Uint16Array[] = [];
  let result: Result<WorkResult> | undefined;
  const others = [1, 2, 3].map((first) => ({ ...request, promptIds: [first, 5], maxTokens: 30 }));
  others.forEach((other, i) =>
    engine.submit(i + 1, { kind: 'generate', ...other }, { event: () => undefined, done: () => undefined }),
  );
  const event = (told: GenerateEvent) => {
    if (told.type === 'token') routes.push(told.route!);
  };
  engine.submit(
    9,
    { kind: 'generate', ...request, routes: true },
    { event, done: (value) => (result = value) },
  );
  while (engine.busy) engine.step();
  return { engine, routes, answer: unwrap(result!) as GenerateResult };
}

describe('the experts of an answer that was cut', () => {
  it('by its client are those that a replay uses as they are', () => {
    const engine = createEngine(built, { speculation: true });
    let result: Result<WorkResult> | undefined;
    const event = (told: GenerateEvent) => {
      if (told.type === 'token' && told.index === 20) engine.cancel(1);
    };
    engine.submit(1, { kind: 'generate', ...request }, { event, done: (value) => (result = value) });
    while (engine.busy) engine.step();
    const { tokens: outputIds, finish, experts } = unwrap(result!) as GenerateResult;
    expect([finish, outputIds.length < 50]).toEqual(['cancelled', true]);
    const replay = { kind: 'replay', release, promptIds, outputIds, sampling } as const;
    expect((unwrap(runWork(engine, replay)) as ReplayResult).experts).toEqual(experts);
  });

  it.each([
    ['token by token', { speculation: false }],
    ['with guessed tokens and small batches', { speculation: true, batchRows: 7 }],
    ['without the prefix cache', { speculation: true, prefixCache: false, batchRows: 33 }],
  ])('are those that a replay of what is left uses, %s', (_, limits) => {
    const { engine, routes, answer } = generate(limits);
    expect(routes).toHaveLength(50);
    expect(engine.stats().speculation.accepted > 0).toBe(limits.speculation);
    for (const kept of [1, 2, 17, 33, 49, 50]) {
      const sut = new BeyondTheCut(config.layers);
      for (const route of routes.slice(kept)) sut.add(route);
      const outputIds = answer.tokens.slice(0, kept);
      const replay = unwrap(
        runWork(engine, { kind: 'replay', release, promptIds, outputIds, sampling }),
      ) as ReplayResult;
      expect({ kept, experts: sut.without(answer.experts) }).toEqual({ kept, experts: replay.experts });
    }
  });
});
