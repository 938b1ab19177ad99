import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomModel, smallConfig } from '../../../../test/support/engine.js';
import { unwrap, type Result } from '../../../common/index.js';
import { GREEDY } from '../../sampler/index.js';
import type { EngineModel } from '../block-source.js';
import type { GenerateRequest, GenerateResult } from '../requests.js';
import { Engine, type Generation } from './engine.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Takes the threads a second or more: on a busy machine a thread's end may need as long. */
const LONG = 15_000;
const built = randomModel(smallConfig({ maxPositions: LONG + 10 }), 'int8', 33);
const RESTARTED = { ok: false, error: { code: 'ENGINE_RESTARTED', facts: { retryable: true } } };
const ignore = () => undefined;

describe('what waits while a thread dies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-crash-'));
  const blocks = built.model.blocks.map((block) => ({ ...block, path: join(folder, block.name) }));
  const model: EngineModel = { ...built.model, blocks };
  let engine: Engine;

  const request = (first: number, more: Partial<GenerateRequest> = {}): GenerateRequest => ({
    ...{ release: model.release, promptIds: [first, 5, 6], maxTokens: 8, stopIds: [], sampling: GREEDY },
    ...more,
  });
  /** Takes the only place of the engine for long; `then` runs, once, when its first token is there. */
  const occupy = (first: number, then: () => void): Generation =>
    engine.generate(request(first, { maxTokens: LONG }), (event) => {
      if (event.type === 'token' && event.index === 0) then();
    });
  const statesOf = (result: Result<GenerateResult>) =>
    unwrap(result).states.map((state) => Buffer.from(state).toString('hex'));

  beforeAll(() => blocks.forEach(({ name, path }) => writeFileSync(path, built.payloads.get(name)!)));
  beforeEach(async () => {
    engine = await Engine.start({
      ...{ threads: 2, kernelPath: join(root, 'dist/kernel/kernel.wasm'), maxStreams: 1 },
      ...{ expertCacheBytes: 1 << 24, kvCacheBytes: 1 << 24 },
      execArgv: ['--import', join(root, 'test/support/typescript-threads.mjs')],
    });
    unwrap(await engine.load(model));
  });
  afterEach(() => engine.stop());
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['the leader', 0],
    ['a helper', 1],
  ])('is answered in its turn by the threads that follow, with the same bits: %s', async (_, thread) => {
    const expected: string[][] = [];
    for (const first of [1, 2, 3])
      expected.push(statesOf(await engine.generate(request(first), ignore).done));
    const ended: string[] = [];
    const waiting = new Map<string, Promise<Result<GenerateResult>>>();
    const queue = (name: string, wish: GenerateRequest) => {
      const { done } = engine.generate(wish, ignore);
      waiting.set(name, done);
      void done.then(() => ended.push(name));
    };
    let embedded: Promise<Result<Float32Array>> | undefined;
    const running = occupy(9, () => {
      queue('learning', request(1, { priority: 'learning' }));
      queue('first', request(2));
      queue('second', request(3));
      const listener = { signal: new AbortController().signal, progress: ignore };
      embedded = engine.embed({ release: model.release, ids: [1, 2, 3] }, listener);
      void engine.endThread(thread);
    });
    expect(await running.done).toMatchObject(RESTARTED);
    const answers = await Promise.all(waiting.values());
    expect(answers.map(statesOf)).toEqual(expected);
    expect(ended).toEqual(['first', 'second', 'learning']);
    expect(unwrap(await embedded!)).toHaveLength(model.config.hiddenSize);
    const stats = unwrap(await engine.stats());
    expect(stats).toMatchObject({ tokensGenerated: 24, active: 0, queued: 0, kv: { usedBytes: 0 } });
  });

  it('keeps the time it has waited: in its figures, and against its limit', async () => {
    const crashed = new Promise<number>((resolve) => engine.on('crashed', () => resolve(performance.now())));
    let begun = 0;
    const patient: Generation[] = [];
    const hurried: Generation[] = [];
    const running = occupy(9, () => {
      begun = performance.now();
      // shorter than the pause before the first restart
      hurried.push(engine.generate(request(1, { maxWaitMs: 90 }), ignore));
      patient.push(engine.generate(request(2, { maxWaitMs: 60_000 }), ignore));
      void engine.endThread(1);
    });
    expect(await running.done).toMatchObject(RESTARTED);
    const late = await hurried[0].done;
    expect(late).toMatchObject({ ok: false, error: { code: 'ANSWER_TIMEOUT' } });
    const { timings } = unwrap(await patient[0].done);
    expect(timings.queuedMs).toBeGreaterThan((await crashed) - begun + 100);
  });

  it('is cancelled at once while nobody computes, and the others go on', async () => {
    const ended: string[] = [];
    const waiting: Generation[] = [];
    let score: Promise<unknown> | undefined;
    const leaving = new AbortController();
    engine.on('crashed', () => waiting[0].cancel());
    const running = occupy(9, () => {
      for (const name of ['in the crash', 'after it', 'other']) {
        const generation = engine.generate(request(1), ignore);
        waiting.push(generation);
        void generation.done.then(() => ended.push(name));
      }
      const listener = { signal: leaving.signal, progress: ignore };
      score = engine.score({ release: model.release, ids: [1, 2], top: 0 }, listener);
      void score.then(() => ended.push('score'));
      void engine.endThread(1);
    });
    await running.done;
    waiting[1].cancel();
    leaving.abort();
    // a turn of the event loop: the next threads need more than a hundred milliseconds
    await new Promise((resolve) => setImmediate(resolve));
    expect([...ended].sort()).toEqual(['after it', 'in the crash', 'score']);
    for (const { done } of waiting.slice(0, 2))
      expect(unwrap(await done)).toMatchObject({ finish: 'cancelled', tokens: [] });
    expect(await score).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    expect(unwrap(await waiting[2].done)).toMatchObject({ finish: 'length' });
    expect(unwrap(await engine.stats()).tokensGenerated).toBe(8);
  });

  it('fails at the second crash, when those that came after the first still wait', async () => {
    let twice: Generation | undefined;
    let once: Generation | undefined;
    let restarted: Generation | undefined;
    const running = occupy(9, () => {
      restarted = occupy(8, () => {
        once = engine.generate(request(2), ignore);
        void engine.endThread(0);
      });
      twice = engine.generate(request(1), ignore);
      void engine.endThread(1);
    });
    expect(await running.done).toMatchObject(RESTARTED);
    expect(await restarted!.done).toMatchObject(RESTARTED);
    expect(await twice!.done).toMatchObject(RESTARTED);
    expect(unwrap(await once!.done).tokens).toHaveLength(8);
  });

  it('is loaded where it was a model', async () => {
    await engine.unload(model.release);
    const loading = engine.load(model);
    void engine.endThread(0);
    unwrap(await loading);
    expect(unwrap(await engine.generate(request(1), ignore).done).tokens).toHaveLength(8);
  });

  it('is refused when the engine is stopped before it starts again', async () => {
    let waiting: Generation | undefined;
    const running = occupy(9, () => {
      waiting = engine.generate(request(1), ignore);
      void engine.endThread(0);
    });
    await running.done;
    await engine.stop();
    expect(await waiting!.done).toMatchObject({ ok: false, error: { code: 'ENGINE_STOPPED' } });
  });
});
