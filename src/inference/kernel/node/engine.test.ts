import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  readFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unwrap } from '../../../common/index.js';
import { loadCheckpoint } from '../../../../test/support/checkpoint.js';
import { GREEDY } from '../../sampler/index.js';
import type { EngineModel } from '../block-source.js';
import type { GenerateEvent, GenerateRequest } from '../requests.js';
import { Engine, type EngineOptions } from './engine.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const threadHooks = join(root, 'test/support/typescript-threads.mjs');

/** Writes a golden checkpoint's payloads into files. */
function storeModel(folder: string): EngineModel {
  const { model, payloads } = loadCheckpoint(join(root, 'test/vectors/golden/mixtral-a'), 'int8');
  const blocks = model.blocks.map((block) => ({ ...block, path: join(folder, block.name) }));
  for (const block of blocks) writeFileSync(block.path, payloads.get(block.name)!);
  return { ...model, blocks };
}

/** Where threads have priorities of their own. */
const TASKS = '/proc/self/task';

/** Niceness of every thread of this process (proc(5), field 19 of stat), by its number. */
function nicenessOfThreads(): Map<number, number> {
  const niceness = (thread: string) =>
    Number(readFileSync(`${TASKS}/${thread}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[16]);
  return new Map(readdirSync(TASKS).map((thread) => [Number(thread), niceness(thread)]));
}

describe('engine with threads', () => {
  let folder: string;
  let model: EngineModel;
  const engines: Engine[] = [];
  const start = async (options: Partial<EngineOptions> = {}): Promise<Engine> => {
    const engine = await Engine.start({
      threads: 2,
      kernelPath: join(root, 'dist/kernel/kernel.wasm'),
      expertCacheBytes: 1 << 24,
      kvCacheBytes: 1 << 24,
      maxStreams: 8,
      execArgv: ['--import', threadHooks],
      ...options,
    });
    engines.push(engine);
    return engine;
  };
  const request = (maxTokens: number): GenerateRequest => ({
    release: model.release,
    promptIds: [12, 121, 281, 282, 207],
    maxTokens,
    stopIds: [],
    sampling: GREEDY,
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stemma-kernel-'));
    model = storeModel(folder);
  });
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()));
    rmSync(folder, { recursive: true });
  });

  it('lets the thread that answers HTTP go before its own', async () => {
    const engine = await start();
    expect(await engine.selfTest()).toMatchObject({ ok: true });
    const threads = existsSync(TASKS) ? nicenessOfThreads() : new Map([[process.pid, 0]]);
    const own = threads.get(process.pid) ?? 0;
    expect([...threads.values()].filter((niceness) => niceness > own)).toHaveLength(
      process.platform === 'linux' ? 2 : 0,
    );
  });

  it('tests itself in the pauses between answers, and changes none of their bits', async () => {
    const engine = await start();
    unwrap(await engine.load(model));
    const answer = async () => unwrap(await engine.generate(request(40), () => undefined).done);
    const alone = await answer();
    const order: string[] = [];
    // It comes first, and is over last.
    const test = engine.selfTest().finally(() => order.push('self-test'));
    const answers = Array.from({ length: 3 }, () => answer().finally(() => order.push('answer')));
    expect(await Promise.all(answers)).toMatchObject(
      Array(3).fill({ tokens: alone.tokens, states: alone.states, experts: alone.experts }),
    );
    expect(await test).toMatchObject({ ok: true });
    expect(order).toEqual(['answer', 'answer', 'answer', 'self-test']);
    expect(await Promise.all([engine.selfTest(), engine.selfTest()])).toMatchObject([
      { ok: true },
      { ok: true },
    ]);
    expect(await answer()).toMatchObject({ tokens: alone.tokens, states: alone.states });
  });

  it('answers, replays and reports, with the events in order', async () => {
    const engine = await start();
    unwrap(await engine.load(model));
    const events: GenerateEvent[] = [];
    const answer = unwrap(await engine.generate(request(40), (event) => events.push(event)).done);
    const tokens = events.filter((event) => event.type === 'token');
    expect(tokens.map(({ id }) => id)).toEqual(answer.tokens);
    expect(tokens.map(({ index }) => index)).toEqual([...answer.tokens.keys()]);
    expect(tokens.map(({ state }) => Buffer.from(state))).toEqual(
      answer.states.map((state) => Buffer.from(state)),
    );
    expect(answer.finish).toBe('length');
    const replay = unwrap(await engine.replay({ ...request(40), outputIds: answer.tokens }));
    expect(replay.picks).toEqual(answer.tokens);
    expect(replay.firstDifference).toBeNull();
    expect(replay.states).toEqual(answer.states);
    expect(replay.experts).toEqual(answer.experts);
    const stats = unwrap(await engine.stats());
    expect(stats).toMatchObject({
      tokensGenerated: 40,
      threads: 2,
      active: 0,
      queued: 0,
      kv: { usedBytes: 0 },
    });
  });

  it('embeds with the same bits on any number of threads, and stops when told to', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => (i * 37) % model.config.vocabSize);
    const given = ids.slice(0, Math.min(ids.length, model.config.maxPositions));
    const vectors: Float32Array[] = [];
    for (const threads of [1, 3]) {
      const engine = await start({ threads });
      unwrap(await engine.load(model));
      let steps = 0;
      const listener = { signal: new AbortController().signal, progress: () => void (steps += 1) };
      vectors.push(unwrap(await engine.embed({ release: model.release, ids: given }, listener)));
      expect(steps).toBeGreaterThan(0);
      const stopped = { signal: AbortSignal.abort(), progress: () => undefined };
      const { release } = model;
      const refused = [
        await engine.score({ release, ids: given, top: 1 }, stopped),
        await engine.logits({ release, ids: given, last: 1 }, stopped),
        await engine.replay({ ...request(3), outputIds: [1, 2, 3] }, stopped),
      ];
      expect(refused).toMatchObject(Array(3).fill({ ok: false, error: { code: 'CANCELLED' } }));
    }
    expect(vectors[0]).toEqual(vectors[1]);
    expect(vectors[0]).toHaveLength(model.config.hiddenSize);
  });

  it('computes one single chain with any number of threads and streams, and a cache that is too small', async () => {
    const expertBytes = Math.max(
      ...model.blocks.map(({ name, payloadSize }) => (name.includes('expert') ? payloadSize : 0)),
    );
    const chains = new Set<string>();
    for (const [threads, slots] of [
      [1, 100],
      [2, 100],
      [2, 1],
      [3, 2],
    ]) {
      const engine = await start({ threads, expertCacheBytes: slots * expertBytes });
      unwrap(await engine.load(model));
      const alone = await engine.generate(request(40), () => undefined).done;
      const others = [3, 9, 27, 81, 4].map((id) =>
        engine.generate({ ...request(30), promptIds: [id, 7] }, () => undefined),
      );
      const beside = await engine.generate(request(40), () => undefined).done;
      await Promise.all(others.map(({ done }) => done));
      for (const answer of [alone, beside]) {
        chains.add(
          unwrap(answer)
            .states.map((state) => Buffer.from(state).toString('hex'))
            .join(),
        );
      }
    }
    expect(chains.size).toBe(1);
  });

  it('keeps the tokens of a cancelled answer and frees its pages', async () => {
    const engine = await start();
    unwrap(await engine.load(model));
    const cancelled = async () => {
      const generation = engine.generate(request(4000), (event) => {
        if (event.type === 'token' && event.index === 20) generation.cancel();
      });
      return unwrap(await generation.done);
    };
    let answer = await cancelled();
    // Where this thread was held up, the answer was over before it was cancelled.
    while (answer.finish === 'length') answer = await cancelled();
    expect(answer.finish).toBe('cancelled');
    expect(answer.tokens.length).toBeGreaterThan(20);
    expect(answer.tokens.length).toBeLessThan(4000);
    expect(unwrap(await engine.stats()).kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
  });

  it('names a missing or corrupt expert, fails only who needs it, and goes on', async () => {
    const engine = await start();
    const failures: string[] = [];
    engine.on('blockFailed', ({ name, code }) => failures.push(`${name} ${code}`));
    unwrap(await engine.load(model));
    const used = unwrap(await engine.generate(request(1), () => undefined).done).experts;
    const other = await start();
    other.on('blockFailed', ({ name, code }) => failures.push(`${name} ${code}`));
    unwrap(await other.load(model));
    const victim = `layer${used[0].layer}.expert${used[0].expert}`;
    const whole = readFileSync(join(folder, victim));
    unlinkSync(join(folder, victim));
    const missing = await other.generate(request(1), () => undefined).done;
    expect(missing).toMatchObject({ ok: false, error: { code: 'BLOCK_MISSING', facts: { name: victim } } });
    const altered = Buffer.from(whole);
    altered[1000] ^= 1;
    writeFileSync(join(folder, victim), altered);
    const corrupt = await other.generate(request(1), () => undefined).done;
    expect(corrupt).toMatchObject({ ok: false, error: { code: 'BLOCK_CORRUPT', facts: { name: victim } } });
    writeFileSync(join(folder, victim), whole);
    expect((await other.generate(request(1), () => undefined).done).ok).toBe(true);
    expect(failures).toEqual([`${victim} BLOCK_MISSING`, `${victim} BLOCK_CORRUPT`]);
  });

  it('refuses a model with a cut dense block, naming it', async () => {
    const engine = await start({ threads: 1 });
    truncateSync(join(folder, 'layer1.attention'), 100);
    expect(await engine.load(model)).toMatchObject({
      ok: false,
      error: { code: 'BLOCK_CORRUPT', facts: { name: 'layer1.attention' } },
    });
  });

  it('fails running requests when a thread dies, starts again by itself and answers as before', async () => {
    const engine = await start();
    unwrap(await engine.load(model));
    const before = unwrap(await engine.generate(request(10), () => undefined).done);
    const crashed = new Promise<string>((resolve) => engine.on('crashed', resolve));
    const running = engine.generate(request(4000), (event) => {
      if (event.type === 'token' && event.index === 5) void engine.endThread(1);
    });
    expect(await running.done).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect(await crashed).toContain('thread 1');
    const after = unwrap(await engine.generate(request(10), () => undefined).done);
    expect(after.states).toEqual(before.states);
  });

  it('loads a model again that could not be loaded after a crash, once its block is back', async () => {
    const engine = await start();
    unwrap(await engine.load(model));
    const path = join(folder, 'head');
    const whole = readFileSync(path);
    unlinkSync(path);
    await engine.endThread(0);
    const missing = await engine.generate(request(3), () => undefined).done;
    expect(missing).toMatchObject({ ok: false, error: { code: 'BLOCK_MISSING', facts: { name: 'head' } } });
    writeFileSync(path, whole);
    expect(await engine.generate(request(3), () => undefined).done).toMatchObject({ ok: true });
  });

  it('refuses a kernel that is not the one that was built', async () => {
    cpSync(join(root, 'dist/kernel/kernel.wasm'), join(folder, 'kernel.wasm'));
    writeFileSync(join(folder, 'kernel.sha256'), `${'00'.repeat(32)}\n`);
    await expect(start({ kernelPath: join(folder, 'kernel.wasm') })).rejects.toMatchObject({
      code: 'KERNEL_CHANGED',
    });
    await expect(start({ kernelPath: join(folder, 'nowhere.wasm') })).rejects.toMatchObject({
      code: 'KERNEL_MISSING',
    });
  });
});
