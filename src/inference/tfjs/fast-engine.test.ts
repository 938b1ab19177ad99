import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { unwrap } from '../../common/index.js';
import type { Engine, GenerateResult } from '../kernel/index.js';
import { GREEDY } from '../sampler/index.js';
import { processorName } from './device-names.js';
import { startFastEngine } from './fast-engine.js';

const threadHooks = fileURLToPath(new URL('../../../test/support/typescript-threads.mjs', import.meta.url));
const limits = { expertCacheBytes: 1 << 24, kvCacheBytes: 1 << 24, maxStreams: 1 };
const execArgv = ['--import', threadHooks];

describe('the thread that computes with TensorFlow.js', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-tfjs-'));
  const built = randomModel(smallConfig(), 'f32', 5);
  const blocks = built.model.blocks.map((block) => ({ ...block, path: join(folder, block.name) }));
  const { release } = built.model;
  const request = { release, promptIds: [3, 1, 4, 1, 5], maxTokens: 12, stopIds: [], sampling: GREEDY };
  let engine: Engine;

  beforeAll(async () => {
    for (const { name, path } of blocks) writeFileSync(path, built.payloads.get(name)!);
    engine = await startFastEngine({ backend: 'wasm', limits, execArgv });
    unwrap(await engine.load({ ...built.model, blocks }));
  });
  afterAll(async () => {
    await engine.stop();
    rmSync(folder, { recursive: true });
  });

  const tokens = async () => unwrap(await engine.generate(request, () => undefined).done).tokens;
  const expected = () =>
    (unwrap(runWork(createEngine(built), { kind: 'generate', ...request })) as GenerateResult).tokens;

  it('says what it is and answers as the exact lane', async () => {
    expect(engine.lane).toMatchObject({ backend: 'wasm', device: processorName() });
    expect(engine.kernelHash).toMatch(/^[0-9a-f]{64}$/);
    expect(await tokens()).toEqual(expected());
    expect(unwrap(await engine.stats()).tokensGenerated).toBe(12);
    expect(unwrap(await engine.trace(release))).toBeNull();
  });

  it('ends an answer soon after it is cancelled', async () => {
    const cancelled = async () => {
      const generation = engine.generate({ ...request, maxTokens: 190 }, ({ type }) => {
        if (type === 'token') generation.cancel();
      });
      return unwrap(await generation.done);
    };
    let { finish, tokens } = await cancelled();
    // Where this thread was held up, the answer was over before it was cancelled.
    while (finish === 'length') ({ finish, tokens } = await cancelled());
    expect(finish).toBe('cancelled');
    expect(tokens.length).toBeLessThan(190);
  });

  it('starts anew on the same backend when it dies, with its models and what waited', async () => {
    let waiting: Promise<readonly number[]> | undefined;
    const running = engine.generate({ ...request, maxTokens: 190 }, (event) => {
      if (event.type !== 'token' || event.index !== 0) return;
      waiting = tokens();
      void engine.endThread(0);
    });
    expect(await running.done).toMatchObject({ ok: false, error: { code: 'ENGINE_RESTARTED' } });
    expect(await waiting).toEqual(expected());
    expect(await tokens()).toEqual(expected());
  });

  it('does not start on a backend that is not installed, and says what to install', async () => {
    await expect(startFastEngine({ backend: 'node-gpu', limits, execArgv })).rejects.toMatchObject({
      code: 'ENGINE_SELF_TEST',
      message: expect.stringContaining('npm install @tensorflow/tfjs-node-gpu') as string,
    });
  });
});
