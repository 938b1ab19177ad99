import fc from 'fast-check';
import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { bytesToHex, err, unwrap, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { GREEDY } from '../sampler/index.js';
import { PAGE_POSITIONS } from './abi.js';
import { blockMissing, type BlockSource } from './block-source.js';
import type { EngineCore, WorkResult } from './engine-core.js';
import { MemoryBlockSource } from './memory-source.js';
import { PageNames } from './prefix-cache.js';
import type { GenerateResult, ReplayResult, Work } from './requests.js';

const config = smallConfig({ experts: 6 });
const built = randomModel(config, 'int8', 5);
const { release } = built.model;
const pageBytes = config.layers * 2 * config.kvHeads * PAGE_POSITIONS * config.headDim * 4;
const text = (length: number, seed = 1) => Array.from({ length }, (_, i) => (i * i * seed + 7 * i) % 100);

function generate(promptIds: readonly number[], maxTokens = 6): Work & { kind: 'generate' } {
  return { kind: 'generate', release, promptIds, maxTokens, stopIds: [], sampling: GREEDY };
}
const answer = (engine: EngineCore, work: Work) => unwrap(runWork(engine, work)) as GenerateResult;
const told = ({ states, experts }: GenerateResult | ReplayResult) => ({
  states: states.map(bytesToHex),
  experts,
});
/** What a request gives in an engine that shares nothing. */
const alone = (work: Work) => told(answer(createEngine(built, { prefixCache: false }), work));

/** Batches of an engine without time are as long as they may be, on machines of any speed. */
const stillClock = () => 0;

/** Runs requests side by side to their ends. */
function together(engine: EngineCore, works: readonly Work[], eachStep = () => {}): Result<WorkResult>[] {
  const results: Result<WorkResult>[] = [];
  works.forEach((work, i) =>
    engine.submit(i, work, { event: () => undefined, done: (value) => (results[i] = value) }),
  );
  while (engine.busy) {
    engine.step();
    eachStep();
  }
  return results;
}

describe('prefix cache', () => {
  it.each([
    [32, 0],
    [33, 32],
    [64, 32],
    [100, 96],
  ])('of a prompt of %i tokens asked again, computes all but the first %i anew', (length, cached) => {
    const engine = createEngine(built);
    const work = generate(text(length));
    const first = answer(engine, work);
    expect(first.cachedTokens).toBe(0);
    const { rows } = engine.stats();
    const second = answer(engine, work);
    expect(second.cachedTokens).toBe(cached);
    expect(engine.stats().rows - rows).toBe(rows - cached);
    expect(told(second)).toEqual(alone(work));
    const pages = Math.floor((length - 1) / PAGE_POSITIONS);
    expect(engine.stats().prefixCache).toMatchObject({ hits: cached / PAGE_POSITIONS, misses: pages });
  });

  it('goes on where a conversation went on, answer included, and stops where the tokens differ', () => {
    const engine = createEngine(built);
    const first = answer(engine, generate(text(40), 60));
    const history = [...text(40), ...first.tokens];
    const next = generate([...history, 5, 6, 7]);
    const second = answer(engine, next);
    expect(second.cachedTokens).toBe(96);
    expect(told(second)).toEqual(alone(next));
    const other = generate(history.map((id, i) => (i === 70 ? (id + 1) % 100 : id)));
    const third = answer(engine, other);
    expect(third.cachedTokens).toBe(64);
    expect(told(third)).toEqual(alone(other));
  });

  it('lets requests of the same prompt share the work and the room while they run', () => {
    const engine = createEngine(built, {}, undefined, stillClock);
    const works = [1, 2, 3, 4].map((seed) => ({
      ...generate(text(170), 20),
      sampling: { ...GREEDY, temperature: 1, seed },
    }));
    let most = 0;
    const results = together(engine, works, () => (most = Math.max(most, engine.stats().kv.usedBytes)));
    results.forEach((result, i) => expect(told(unwrap(result) as GenerateResult)).toEqual(alone(works[i])));
    expect(most).toBeLessThanOrEqual((5 + 4) * pageBytes);
    expect(engine.stats().rows).toBeLessThan(170 + 4 * (PAGE_POSITIONS + 20));
  });

  it('lets a request in that fits only because another holds its beginning', () => {
    const engine = createEngine(built, { kvCacheBytes: 7 * pageBytes });
    const results: Result<WorkResult>[] = [];
    const submit = (id: number, work: Work) =>
      engine.submit(id, work, { event: () => undefined, done: (value) => (results[id] = value) });
    submit(0, generate(text(100), 90));
    for (let i = 0; i < 10; i++) engine.step();
    submit(1, generate(text(98), 10));
    submit(2, generate(text(98, 3), 10));
    engine.step();
    expect(engine.stats()).toMatchObject({ active: 2, queued: 1 });
    while (engine.busy) engine.step();
    expect(results.every(({ ok }) => ok)).toBe(true);
  });

  it('knows nothing of another release', () => {
    const engine = createEngine(built);
    const twin = { ...built.model, release: 'ee'.repeat(32) };
    unwrap(engine.load(twin));
    answer(engine, generate(text(80)));
    expect(answer(engine, { ...generate(text(80)), release: twin.release }).cachedTokens).toBe(0);
    const names = (name: string, ids: number[]) => new PageNames(name, nativeSha256).of(1, ids);
    expect(names(release, text(64))).toBe(names(release, text(70)));
    expect(names(release, [1, ...text(64).slice(1)])).not.toBe(names(release, text(64)));
    expect(() => names(release, text(63))).toThrow(RangeError);
  });

  it('has no part in replays and raw logits, which find out what is wrong with its memory', () => {
    const engine = createEngine(built);
    const work = generate(text(100));
    const good = answer(engine, work);
    const { heap } = engine['components'].kernel;
    for (const page of engine['pages'].prefixes['pages'].values()) heap.bytes(page.address, 64).fill(0);
    expect(told(answer(engine, work)).states).not.toEqual(told(good).states);
    const replay: Work = { ...work, kind: 'replay', outputIds: good.tokens };
    expect(told(unwrap(runWork(engine, replay)) as ReplayResult)).toEqual(told(good));
    const logits: Work = { kind: 'logits', release, ids: text(100), last: 1 };
    expect(unwrap(runWork(engine, logits))).toEqual(unwrap(runWork(createEngine(built), logits)));
  });

  it('never keeps a page that could not be computed', () => {
    const good = new MemoryBlockSource(built.payloads, nativeSha256);
    let broken = true;
    const source: BlockSource = {
      read: (block, target) =>
        broken && block.name === 'layer0.expert2'
          ? err(blockMissing(block, 'gone'))
          : good.read(block, target),
    };
    const engine = createEngine(built, {}, source);
    expect(runWork(engine, generate(text(150)))).toMatchObject({ error: { code: 'BLOCK_MISSING' } });
    expect(engine.stats().prefixCache.pages).toBe(0);
    broken = false;
    expect(told(answer(engine, generate(text(150))))).toEqual(alone(generate(text(150))));
  });

  it('gives everything back with its release', () => {
    const engine = createEngine(built);
    const { heap } = engine['components'].kernel;
    engine.unload(release);
    const before = heap.usedBytes;
    unwrap(engine.load(built.model));
    answer(engine, generate(text(150)));
    expect(engine.stats().prefixCache.idleBytes).toBe(4 * pageBytes);
    engine.unload(release);
    expect(engine.stats().prefixCache).toMatchObject({ pages: 0, bytes: 0, idleBytes: 0 });
    expect(heap.usedBytes).toBe(before);
  });

  it('stays within the budget, whatever comes and goes, and changes no bit', () => {
    const prompts = [text(100), text(70), [...text(64), ...text(40, 3)], text(90, 3), text(20)];
    const works = prompts.map((prompt) => generate(prompt, 30));
    const expected = works.map(alone);
    const script = fc.array(
      fc.record({ work: fc.nat(4), steps: fc.nat(8), cancel: fc.option(fc.nat(15), { freq: 4 }) }),
      { minLength: 3, maxLength: 16 },
    );
    fc.assert(
      fc.property(script, fc.integer({ min: 5, max: 14 }), (actions, pages) => {
        const engine = createEngine(built, { kvCacheBytes: pages * pageBytes });
        const { heap } = engine['components'].kernel;
        const before = heap.usedBytes - engine.stats().cache.bytes;
        const results: Result<WorkResult>[] = [];
        const step = () => {
          engine.step();
          const { kv, prefixCache } = engine.stats();
          expect(kv.usedBytes).toBeLessThanOrEqual(kv.reservedBytes);
          expect(kv.reservedBytes + prefixCache.idleBytes).toBeLessThanOrEqual(kv.budget);
        };
        actions.forEach(({ work, steps, cancel }, i) => {
          engine.submit(i, works[work], { event: () => undefined, done: (value) => (results[i] = value) });
          for (let n = 0; n < steps; n++) step();
          if (cancel !== null) engine.cancel(cancel);
        });
        while (engine.busy) step();
        actions.forEach(({ work }, i) => {
          const result = unwrap(results[i]) as GenerateResult;
          const { states, experts } = told(result);
          expect(states).toEqual(expected[work].states.slice(0, states.length));
          if (result.finish !== 'cancelled') expect(experts).toEqual(expected[work].experts);
        });
        const { kv, prefixCache, cache } = engine.stats();
        expect(kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
        expect(prefixCache.bytes).toBe(prefixCache.idleBytes);
        const descriptors = heap.usedBytes - cache.bytes - prefixCache.bytes - before;
        expect(descriptors).toBe(cache.slots * 64);
      }),
      { numRuns: 25 },
    );
  });
});
