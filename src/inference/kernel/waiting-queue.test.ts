import fc from 'fast-check';
import { createEngine, randomModel, smallConfig } from '../../../test/support/engine.js';
import type { Result } from '../../common/index.js';
import { GREEDY } from '../sampler/index.js';
import { PAGE_POSITIONS } from './abi.js';
import type { EngineCore, EngineLimits, WorkResult } from './engine-core.js';
import type { GenerateEvent, Priority, Work } from './requests.js';

const config = smallConfig();
const built = randomModel(config, 'int8', 3);
const { release } = built.model;
const pageBytes = config.layers * 2 * config.kvHeads * PAGE_POSITIONS * config.headDim * 4;

interface Wish {
  readonly priority?: Priority;
  readonly maxWaitMs?: number;
  readonly tokens?: number;
  readonly prompt?: number;
  /** How long it has waited elsewhere. */
  readonly waited?: number;
}

/** An engine with a clock of its own: every step takes 10 ms. */
function setUp(limits: Partial<EngineLimits>) {
  const time = { now: 1000 };
  const engine: EngineCore = createEngine(built, limits, undefined, () => time.now);
  const results = new Map<number, Result<WorkResult>>();
  const begun: number[] = [];
  return {
    engine,
    time,
    results,
    /** Requests in the order of their first tokens. */
    begun,
    submit(id: number, { prompt = 2, tokens = 20, waited, ...waiting }: Wish = {}) {
      const promptIds = Array.from({ length: prompt }, (_, i) => (id + i) % 100);
      const request = { release, promptIds, maxTokens: tokens, stopIds: [], sampling: GREEDY };
      const work: Work = { kind: 'generate', ...request, ...waiting };
      const sink = {
        event: (event: GenerateEvent) => event.type === 'token' && event.index === 0 && begun.push(id),
        done: (result: Result<WorkResult>) => results.set(id, result),
      };
      engine.submit(id, work, sink, waited);
    },
    steps(count: number) {
      for (let i = 0; i < count; i++) {
        time.now += 10;
        engine.step();
      }
    },
    finish() {
      while (engine.busy) this.steps(1);
    },
  };
}
const code = (result: Result<unknown> | undefined) => (result?.ok ? 'ok' : result?.error.code);

describe('queue of the engine', () => {
  it('lets answers go before learning', () => {
    const sut = setUp({ maxStreams: 1 });
    sut.submit(0);
    sut.steps(1);
    sut.submit(1, { priority: 'learning' });
    sut.submit(2);
    sut.submit(3, { priority: 'inference' });
    sut.finish();
    expect(sut.begun).toEqual([0, 2, 3, 1]);
  });

  it('counts the time that a request has waited elsewhere', () => {
    const sut = setUp({ maxStreams: 1 });
    sut.submit(0);
    sut.steps(1);
    sut.submit(1);
    sut.submit(2, { priority: 'learning', waited: 9_000 });
    sut.submit(3, { waited: 40 });
    sut.submit(4, { priority: 'learning', waited: 11_000 });
    sut.submit(5, { waited: 40, maxWaitMs: 45 });
    sut.finish();
    expect(sut.begun).toEqual([0, 4, 3, 1, 2]);
    expect(code(sut.results.get(5))).toBe('ANSWER_TIMEOUT');
    expect(sut.results.get(3)).toMatchObject({ value: { timings: { queuedMs: 40 + 20 * 10 + 20 * 10 } } });
  });

  it('lets learning go before answers that came ten seconds later', () => {
    const sut = setUp({ maxStreams: 1 });
    sut.submit(0);
    sut.steps(1);
    sut.submit(1, { priority: 'learning' });
    sut.time.now += 9_000;
    sut.submit(2);
    sut.time.now += 2_000;
    sut.submit(3);
    sut.finish();
    expect(sut.begun).toEqual([0, 2, 1, 3]);
  });

  it('keeps half of the streams for answers', () => {
    const sut = setUp({ maxStreams: 4 });
    for (let id = 0; id < 6; id++) sut.submit(id, { priority: 'learning' });
    sut.steps(1);
    expect(sut.engine.stats()).toMatchObject({ active: 2, queued: 4 });
    sut.submit(6);
    sut.steps(1);
    expect(sut.begun.toSorted()).toEqual([0, 1, 6]);
    sut.finish();
    expect([...sut.results.values()].map(code)).toEqual(new Array(7).fill('ok'));
  });

  it('lets small requests pass a large one for five seconds, then nobody until it has begun', () => {
    const sut = setUp({ maxStreams: 8, kvCacheBytes: 6 * pageBytes });
    sut.submit(0, { tokens: 90 });
    sut.steps(1);
    sut.submit(1, { tokens: 150 });
    sut.submit(2);
    sut.steps(2);
    expect(sut.begun).toEqual([0, 2]);
    sut.time.now += 5_000;
    sut.submit(3, { tokens: 40 });
    sut.steps(30);
    expect(sut.begun).toEqual([0, 2]);
    sut.finish();
    expect(sut.begun).toEqual([0, 2, 1, 3]);
  });

  it('refuses what has waited too long, in time for another try, and nothing that has begun', () => {
    const sut = setUp({ maxStreams: 1 });
    sut.submit(0, { maxWaitMs: 50, tokens: 100 });
    sut.submit(1, { maxWaitMs: 50 });
    sut.submit(2, { maxWaitMs: 5_000 });
    sut.steps(3);
    expect(sut.results.size).toBe(0);
    sut.steps(4);
    expect([...sut.results.keys()]).toEqual([1]);
    expect(sut.results.get(1)).toMatchObject({
      error: { code: 'ANSWER_TIMEOUT', status: 503, facts: { retryable: true } },
    });
    sut.finish();
    expect([0, 2].map((id) => code(sut.results.get(id)))).toEqual(['ok', 'ok']);
  });

  it('refuses more than may wait', () => {
    const sut = setUp({ maxStreams: 1, maxQueue: 2 });
    sut.submit(0);
    sut.steps(1);
    for (const id of [1, 2, 3]) sut.submit(id);
    expect([...sut.results].map(([id, result]) => [id, code(result)])).toEqual([[3, 'ENGINE_BUSY']]);
    sut.finish();
    expect(sut.results.size).toBe(4);
  });

  it('works off choices that together exceed the key/value cache, and refuses one that does alone', () => {
    const sut = setUp({ maxStreams: 16, kvCacheBytes: 4 * pageBytes });
    for (let id = 0; id < 8; id++) sut.submit(id, { tokens: 60 });
    sut.submit(8, { tokens: 150 });
    expect(code(sut.results.get(8))).toBe('KV_BUDGET_EXCEEDED');
    sut.finish();
    expect([...sut.results.values()].map(code)).toEqual(['KV_BUDGET_EXCEEDED', ...new Array(8).fill('ok')]);
  });

  it('frees the memory of a request that is cancelled while its prompt is read, at once', () => {
    const sut = setUp({ batchRows: 16, prefixCache: false });
    sut.submit(0, { prompt: 150 });
    sut.steps(3);
    expect(sut.begun).toEqual([]);
    expect(sut.engine.stats().kv.usedBytes).toBe(2 * pageBytes);
    sut.engine.cancel(0);
    expect(sut.engine.stats().kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
    expect(sut.results.get(0)).toMatchObject({ value: { finish: 'cancelled', tokens: [] } });
    expect(sut.engine.busy).toBe(false);
  });

  it('lets everybody begin, whoever else comes', () => {
    const wish = fc.record({
      prompt: fc.integer({ min: 1, max: 120 }),
      tokens: fc.integer({ min: 1, max: 70 }),
      priority: fc.constantFrom<Priority>('inference', 'learning'),
      wait: fc.nat(20),
    });
    fc.assert(
      fc.property(
        fc.array(wish, { minLength: 5, maxLength: 30 }),
        fc.integer({ min: 1, max: 6 }),
        (wishes, streams) => {
          const sut = setUp({ maxStreams: streams, kvCacheBytes: 7 * pageBytes });
          wishes.forEach(({ wait, ...rest }, id) => {
            sut.submit(id, rest);
            sut.steps(wait);
          });
          sut.finish();
          expect(sut.begun.toSorted((a, b) => a - b)).toEqual(wishes.map((_, id) => id));
        },
      ),
      { numRuns: 10 },
    );
  });
});
