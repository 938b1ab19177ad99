import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { testConfig } from '../../../test/support/test-config.js';
import { unwrap, type CodedError, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { EngineCapacity } from '../engine/engine-capacity.js';
import { EngineTuning } from '../engine/engine-tuning.js';
import type { EngineLimits, GenerateEvent, GenerateResult } from '../kernel/index.js';
import { MemoryBlockSource } from '../kernel/index.js';
import type { Work } from '../kernel/requests.js';
import type { WorkResult } from '../kernel/running.js';
import type { TokenScore } from '../kernel/score-task.js';
import { GREEDY } from '../sampler/index.js';
import { openBackend } from './backend.js';
import { TensorCore } from './tensor-core.js';

const built = randomModel(smallConfig(), 'f32', 3);
const { release } = built.model;
const ids = (count: number, step = 37) => Array.from({ length: count }, (_, i) => (i * step + 11) % 100);
const answer = (promptIds: readonly number[], maxTokens: number): Work => ({
  ...{ kind: 'generate', release, promptIds, maxTokens, stopIds: [], sampling: GREEDY },
});

let now = 0;
let core: TensorCore;
const failed: string[] = [];

async function createCore(
  limits: Partial<EngineLimits> = {},
  memoryBytes?: number,
  { model, payloads } = built,
): Promise<TensorCore> {
  const { tf } = unwrap(await openBackend('wasm'));
  const source = new MemoryBlockSource(payloads, nativeSha256);
  core = new TensorCore(
    {
      ...{ tf, source, kernelHash: '00'.repeat(32), sha256: nativeSha256, now: () => now },
      blockFailed: ({ name }) => failed.push(name),
      memoryBytes,
    },
    { expertCacheBytes: 1 << 17, kvCacheBytes: 1 << 20, maxStreams: 8, ...limits },
  );
  unwrap(core.load(model));
  return core;
}

/** A request in the queue, its events, and its result once it is there. */
class Asked {
  readonly events: GenerateEvent[] = [];
  result: Result<WorkResult> | null = null;

  constructor(
    readonly id: number,
    work: Work,
  ) {
    core.submit(id, work, {
      event: (event) => this.events.push(event),
      done: (result) => (this.result = result),
    });
  }

  get refusal(): CodedError | null {
    return this.result?.ok === false ? this.result.error : null;
  }

  get answer(): GenerateResult {
    return unwrap(this.result!) as GenerateResult;
  }
}

async function finish(...all: readonly Asked[]): Promise<void> {
  while (all.some(({ result }) => result === null)) await core.step();
}

const exact = (work: Work) => unwrap(runWork(createEngine(built), work));

afterEach(() => {
  core.unload(release);
  expect(core.stats()).toMatchObject({ active: 0, queued: 0, memoryBytes: 0, cache: { bytes: 0 } });
});

describe('the engine on TensorFlow.js', () => {
  it('gives the greedy tokens of the exact lane, alone and in company', async () => {
    await createCore();
    const works = [answer(ids(5), 20), answer(ids(70, 13), 12), answer(ids(1), 30)];
    const together = works.map((work, i) => new Asked(i, work));
    await finish(...together);
    for (const [i, { answer, events }] of together.entries()) {
      const expected = exact(works[i]) as GenerateResult;
      expect(answer.tokens).toEqual(expected.tokens);
      expect(answer.experts).toEqual(expected.experts);
      expect(answer.states).toHaveLength(answer.tokens.length);
      expect(answer.finish).toBe('length');
      const tokens = events.flatMap((event) => (event.type === 'token' ? [event.id] : []));
      expect(tokens).toEqual(answer.tokens);
    }
  });

  it('embeds, scores and gives logits as the exact lane does', async () => {
    await createCore();
    const works: Work[] = [
      { kind: 'embed', release, ids: ids(80) },
      { kind: 'logits', release, ids: ids(9), last: 2 },
      { kind: 'score', release, ids: ids(6), top: 1 },
    ];
    const asked = works.map((work, i) => new Asked(i, work));
    await finish(...asked);
    const [embedding, logits, scores] = asked.map(({ result }) => unwrap(result!));
    const [expected, raw, likely] = works.map(exact);
    const close = (a: ArrayLike<number>, b: ArrayLike<number>) => {
      expect(a).toHaveLength(b.length);
      Array.from(a).forEach((value, i) => expect(value).toBeCloseTo(b[i], 4));
    };
    close(embedding as Float32Array, expected as Float32Array);
    (raw as Float32Array[]).forEach((row, i) => close((logits as Float32Array[])[i], row));
    const logprobs = (all: WorkResult) => (all as TokenScore[]).map(({ logprob }) => logprob);
    close(logprobs(scores), logprobs(likely));
    expect((scores as TokenScore[]).map(({ id }) => id)).toEqual(ids(6).slice(1));
  });

  it('keeps what a cancelled answer has, and frees its keys and values', async () => {
    await createCore({ maxStreams: 1 });
    const [running, waiting] = [new Asked(1, answer(ids(3), 50)), new Asked(2, answer(ids(3), 50))];
    while (running.events.filter(({ type }) => type === 'token').length < 4) await core.step();
    core.cancel(1);
    core.cancel(2);
    expect(running.answer).toMatchObject({ finish: 'cancelled' });
    expect(running.answer.tokens).toHaveLength(4);
    expect(waiting.answer).toMatchObject({ finish: 'cancelled', tokens: [] });
    expect(core.stats().kv.usedBytes).toBe(0);
    expect(core.busy).toBe(false);
  });

  it('refuses what does not fit, waits too long or comes too late', async () => {
    await createCore({ maxStreams: 1, maxQueue: 2, kvCacheBytes: 50 * 2 * 2 * 2 * 16 * 4 });
    expect(new Asked(0, answer(ids(40), 40)).refusal).toMatchObject({ code: 'KV_BUDGET_EXCEEDED' });
    expect(new Asked(0, answer([100], 1)).refusal).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(new Asked(0, { ...answer([1], 1), release: 'x' }).refusal?.code).toBe('MODEL_NOT_LOADED');
    const first = new Asked(1, answer(ids(3), 40));
    await core.step();
    const late = new Asked(2, { ...answer(ids(3), 4), maxWaitMs: 10 });
    const patient = new Asked(3, answer(ids(3), 4));
    expect(new Asked(4, answer(ids(3), 4)).refusal).toMatchObject({ code: 'ENGINE_BUSY' });
    now += 11;
    await core.step();
    expect(late.refusal).toMatchObject({ code: 'ANSWER_TIMEOUT' });
    await finish(first, patient);
    expect(patient.answer.tokens).toHaveLength(4);
  });

  it('gives experts up for dense weights, and refuses a model that the backend cannot hold', async () => {
    const other = randomModel(smallConfig({ vocabSize: 300 }), 'f32', 4);
    const memory = 350_000;
    await createCore({ expertCacheBytes: 1 << 20 }, memory);
    const asked = new Asked(1, answer(ids(30), 4));
    await finish(asked);
    const { cache, memoryBytes } = core.stats();
    expect(cache.evictions).toBeGreaterThan(0);
    expect(memoryBytes).toBeLessThanOrEqual(memory);
    expect(core.load(other.model)).toMatchObject({ ok: false, error: { code: 'TFJS_MEMORY', status: 503 } });
    expect(core.stats().cache.bytes).toBe(0);
  });

  it('gives each of two prompts its turn beside another model', async () => {
    await createCore();
    const other = 'bb'.repeat(32);
    unwrap(core.load({ ...built.model, release: other }));
    // Two batches, and four each.
    const short = new Asked(1, answer(ids(70), 1));
    const long = new Asked(2, answer(ids(199, 13), 1));
    const elsewhere = new Asked(3, { ...answer(ids(199, 29), 1), release: other });
    await finish(short);
    expect([long, elsewhere].map(({ events }) => events.some(({ type }) => type === 'token'))).toEqual([
      false,
      false,
    ]);
    core.unload(other);
    await finish(long, elsewhere);
  });

  it('takes a request of as many tokens as its capacity says, and none of more', async () => {
    const config = testConfig({ inferenceEngine: 'tfjs', kvCacheMb: 1 });
    const wide = randomModel(smallConfig({ layers: 3, kvHeads: 1, maxPositions: 10_000 }), 'f32', 3);
    const tokens = new EngineCapacity(config, new EngineTuning()).tokens(wide.model.config);
    await createCore({ kvCacheBytes: 2 ** 20 }, undefined, wide);
    const asked = (id: number, maxTokens: number) =>
      new Asked(id, { ...answer(ids(3), maxTokens), release: wide.model.release });
    expect(asked(1, tokens - 2).refusal).toMatchObject({ code: 'KV_BUDGET_EXCEEDED' });
    expect(asked(2, tokens - 3).result).toBeNull();
    core.unload(wide.model.release);
  });

  it('ends the requests of a model that goes', async () => {
    await createCore();
    const asked = new Asked(1, answer(ids(3), 40));
    await core.step();
    core.unload(release);
    expect(asked.refusal).toMatchObject({ code: 'MODEL_UNLOADED' });
  });

  it('fails answers that need an expert that is corrupt, and says which', async () => {
    await createCore();
    const good = built.payloads.get('layer1.expert2')!;
    built.payloads.set(
      'layer1.expert2',
      good.map((byte, i) => (i === 300 ? byte ^ 1 : byte)),
    );
    const asked = new Asked(1, answer(ids(30), 10));
    await finish(asked);
    built.payloads.set('layer1.expert2', good);
    expect(asked.refusal).toMatchObject({ code: 'BLOCK_CORRUPT', facts: { name: 'layer1.expert2' } });
    expect(failed).toContain('layer1.expert2');
    const again = new Asked(2, answer(ids(30), 10));
    await finish(again);
    expect(again.answer.tokens).toEqual((exact(answer(ids(30), 10)) as GenerateResult).tokens);
  });
});
