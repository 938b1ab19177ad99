import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomModel, smallConfig } from '../../../../test/support/engine.js';
import { unwrap } from '../../../common/index.js';
import { GREEDY } from '../../sampler/index.js';
import type { EngineModel } from '../block-source.js';
import type { GenerateRequest } from '../requests.js';
import { Engine } from './engine.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const built = randomModel(smallConfig({ layers: 6, experts: 16 }), 'int8', 21);
const expertBytes = Math.max(
  ...built.model.blocks.map(({ name, payloadSize }) => (name.includes('expert') ? payloadSize : 0)),
);

describe('a model far larger than its expert cache', () => {
  let folder: string;
  let model: EngineModel;
  const engines: Engine[] = [];
  const start = async (slots: number, prefetch: boolean): Promise<Engine> => {
    const engine = await Engine.start({
      ...{ threads: 2, kernelPath: join(root, 'dist/kernel/kernel.wasm'), maxStreams: 8 },
      ...{ expertCacheBytes: slots * expertBytes, kvCacheBytes: 1 << 24, experts: { prefetch } },
      execArgv: ['--import', join(root, 'test/support/typescript-threads.mjs')],
    });
    engines.push(engine);
    unwrap(await engine.load(model));
    return engine;
  };
  const request = (first: number, maxTokens = 12): GenerateRequest => ({
    ...{ release: model.release, promptIds: [first, 5, 6], maxTokens, stopIds: [], sampling: GREEDY },
  });
  const answer = async (engine: Engine, first: number) =>
    unwrap(await engine.generate(request(first), () => undefined).done).states;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stemma-loader-'));
    const blocks = built.model.blocks.map((block) => ({ ...block, path: join(folder, block.name) }));
    for (const block of blocks) writeFileSync(block.path, built.payloads.get(block.name)!);
    model = { ...built.model, blocks };
  });
  afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.stop())));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('runs from disk with the same bits, within its budget, with and without the loader', async () => {
    const whole = await start(96, false);
    const expected = await Promise.all([1, 2, 3, 4].map((first) => answer(whole, first)));
    for (const [slots, prefetch] of [
      [3, false],
      [3, true],
      [12, true],
    ] as const) {
      const engine = await start(slots, prefetch);
      expect(await Promise.all([1, 2, 3, 4].map((first) => answer(engine, first)))).toEqual(expected);
      const { cache } = unwrap(await engine.stats());
      expect(cache.bytes).toBeLessThanOrEqual(slots * expertBytes);
      expect(cache.misses).toBeGreaterThan(96);
      expect(cache.prefetched > 0).toBe(prefetch);
    }
  });

  it('names an expert that was altered on disk, whoever reads it first, and heals with it', async () => {
    const engine = await start(6, true);
    const failed: string[] = [];
    engine.on('blockFailed', ({ name, code }) => failed.push(`${name} ${code}`));
    const used = unwrap(await engine.generate(request(9), () => undefined).done).experts;
    const { layer, expert } = used.find((use) => use.layer === 3)!;
    const name = `layer${layer}.expert${expert}`;
    const good = readFileSync(join(folder, name));
    const altered = Buffer.from(good);
    altered[altered.length - 1] ^= 1;
    // what is in memory was verified when it came; other answers push it out
    for (const first of [10, 11, 12]) await answer(engine, first);
    writeFileSync(join(folder, name), altered);
    let refused = null;
    for (let i = 0; i < 20 && refused === null; i++) {
      const result = await engine.generate(request(9), () => undefined).done;
      if (!result.ok) refused = result.error;
    }
    expect(refused).toMatchObject({ code: 'BLOCK_CORRUPT', facts: { name } });
    expect(failed[0]).toBe(`${name} BLOCK_CORRUPT`);
    writeFileSync(join(folder, name), good);
    expect((await engine.generate(request(9), () => undefined).done).ok).toBe(true);
  });

  it('starts anew when the loader dies, and answers as before', async () => {
    const engine = await start(6, true);
    const before = await answer(engine, 1);
    const crashed = new Promise<string>((resolve) => engine.on('crashed', resolve));
    const running = engine.generate(request(2, 150), (event) => {
      if (event.type === 'token' && event.index === 3) void engine.endThread(2);
    });
    expect(await running.done).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect(await crashed).toContain('thread loader');
    expect(await answer(engine, 1)).toEqual(before);
  });
});
