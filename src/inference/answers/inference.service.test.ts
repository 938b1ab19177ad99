import {
  begin,
  idsOf,
  inferenceUnderTest as setUp,
  model,
} from '../../../test/factories/inference-under-test.js';
import { testConfig } from '../../../test/support/test-config.js';
import { CodedError, err, ok, unwrap } from '../../common/index.js';
import { HealthRegistry } from '../../common/observation/health-registry.js';
import { VersionRegistry } from '../../common/observation/version-registry.js';
import { BlockWatch } from '../engine/block-watch.js';
import { ENGINE_STREAMS } from '../engine/engine-factory.js';
import { EngineCapacity } from '../engine/engine-capacity.js';
import { EngineHost } from '../engine/engine-host.js';
import { EngineTuning } from '../engine/engine-tuning.js';
import { KernelArchive } from '../engine/kernel-archive.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import { verifyEvidence, verifyId, verifySignature } from '../receipt/index.js';
import type { ReceiptIssuer } from '../receipts/receipt-issuer.js';
import type { AnswerRequest } from './answer-request.js';
import { InferenceService } from './inference.service.js';

const END = 3;

describe('inference service', () => {
  it('gives out the text, then a signed receipt of exactly it', async () => {
    const { sut, engine, stored } = setUp();
    const { running, deltas } = await begin(sut);
    const generation = await engine.generation(0);
    generation.tokens(...idsOf('The fox'));
    generation.tokens(...idsOf(' ran.'), END);
    generation.finish('stop');
    const [answer] = unwrap(await running);
    expect(answer).toMatchObject({ text: 'The fox ran.', finish: 'stop' });
    expect(deltas.map(({ text }) => text).join('')).toBe('The fox ran.');
    const [{ receipt, evidence }] = stored;
    expect(evidence.output_ids).toEqual([...idsOf('The fox'), ...idsOf(' ran.'), END]);
    for (const check of [verifyId(receipt), verifySignature(receipt), verifyEvidence(receipt, evidence)]) {
      expect(check).toEqual({ ok: true });
    }
  });

  it('dates receipts by the time that all servers share, not by its own', async () => {
    const shared = 1_000_000_000_000;
    const { sut, engine, stored } = setUp(2, undefined, undefined, undefined, { now: () => shared });
    const { running } = await begin(sut);
    const generation = await engine.generation(0);
    generation.tokens(...idsOf('so'));
    generation.finish('length');
    await running;
    const [{ receipt }] = stored;
    expect(receipt.finished_at).toBe(shared);
    expect(receipt.started_at).toBeLessThanOrEqual(shared);
    // A year is longer than any answer takes.
    expect(receipt.started_at).toBeGreaterThan(shared - 31_536_000_000);
  });

  it('gives out tokens of one message as one delta', async () => {
    const { sut, engine } = setUp();
    const { running, deltas } = await begin(sut);
    const generation = await engine.generation(0);
    generation.tokens(...idsOf('one two three four'));
    await Promise.resolve();
    expect(deltas).toHaveLength(1);
    generation.finish('length');
    await running;
    expect(deltas).toHaveLength(1);
  });

  it('stops the engine at a stop string and leaves out what was made beyond it', async () => {
    const { sut, engine, stored } = setUp();
    const { running } = await begin(sut, { stop: ['STOP'] });
    const generation = await engine.generation(0);
    const before = idsOf('go on STOP');
    generation.tokens(...before);
    expect(generation.cancelled).toBe(true);
    const beyond = idsOf(' and').slice(0, 1);
    generation.tokens(...beyond);
    generation.finish('cancelled');
    expect(unwrap(await running)[0]).toMatchObject({
      text: 'go on ',
      finish: 'stop',
      completionTokens: before.length,
    });
    expect(stored[0].evidence.output_ids).toEqual(before);
    expect(stored[0].receipt.output.tokens).toBe(before.length);
    // the engine counted three tokens at this expert, the one beyond the stop string among them
    expect(stored[0].receipt.experts).toMatchObject([{ name: 'layer0.expert1', tokens: 2 }]);
  });

  it('gives out what a stop string held back when it does not come', async () => {
    const { sut, engine } = setUp();
    const { running } = await begin(sut, { stop: ['STOP'] });
    const generation = await engine.generation(0);
    generation.tokens(...idsOf('go STO'));
    generation.finish('length');
    expect(unwrap(await running)[0]).toMatchObject({ text: 'go STO', finish: 'length' });
  });

  it('stops the work of a client that is gone; what was made has a receipt', async () => {
    const { sut, engine, stored } = setUp();
    const { running, abort } = await begin(sut);
    const generation = await engine.generation(0);
    generation.tokens(...idsOf('The'));
    abort();
    expect(generation.cancelled).toBe(true);
    generation.finish('cancelled');
    expect(unwrap(await running)[0].finish).toBe('cancelled');
    expect(stored[0].receipt.output.finish).toBe('cancelled');
  });

  it('states nothing of an answer without a token', async () => {
    const { sut, engine, write } = setUp();
    const { running, abort } = await begin(sut);
    abort();
    (await engine.generation(0)).finish('cancelled');
    expect(unwrap(await running)[0].receipt).toBeNull();
    expect(write).not.toHaveBeenCalled();
  });

  it('passes on a refusal of the engine, keeps no receipt and frees the place', async () => {
    const { sut, engine, write, meter } = setUp();
    const { running } = await begin(sut);
    const generation = await engine.generation(0);
    generation.tokens(...idsOf('The'));
    generation.fail(new CodedError('BLOCK_CORRUPT', 'layer0.expert1 is not what it was', { block: 'x' }));
    const refused = await running;
    expect(!refused.ok && [refused.error.code, refused.error.status]).toEqual(['BLOCK_CORRUPT', 503]);
    expect(write).not.toHaveBeenCalled();
    expect(meter.queue.size).toBe(0);
  });

  it('stops the other choices when one fails', async () => {
    const { sut, engine } = setUp();
    const { running } = await begin(sut, { choices: 2 });
    const [first, second] = [await engine.generation(0), await engine.generation(1)];
    expect([first.request.sampling.seed, second.request.sampling.seed]).toEqual([1, 2]);
    first.fail(new CodedError('ENGINE_RESTARTED', 'the engine was started again', {}, 503));
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(second.cancelled).toBe(true);
    second.finish('cancelled');
    const refused = await running;
    expect(!refused.ok && [refused.error.code, refused.error.status]).toEqual(['ENGINE_RESTARTED', 503]);
    expect(!refused.ok && refused.error.facts.retryAfter).toBe(1);
  });

  it('lets an answer whose length nobody named end where the key/value cache does', async () => {
    const { sut } = setUp(2, new EngineCapacity(testConfig({ kvCacheMb: 1 }), new EngineTuning()));
    // 341 positions of genesis fit into a mebibyte: ten pages of 32.
    const ids = (length: number) => ({ prompt: { ids: Array<number>(length).fill(7) } });
    const most = async (changes: Partial<AnswerRequest>) => (await begin(sut, changes)).prepared.maxTokens;
    expect(await most(ids(300))).toBe(21);
    expect(await most({ ...ids(300), maxTokens: 200 })).toBe(200);
    expect(await most(ids(10))).toBe(200);
    expect(await most(ids(400))).toBe(1);
  });

  it('lets an answer whose length the model does not name either have a quarter of the key/value cache', async () => {
    const silent = { ...model, defaults: { ...model.defaults, maxTokens: null } };
    const most = async (prompt: number, kvCacheMb: number, maxTokens?: number) => {
      const capacity = new EngineCapacity(testConfig({ kvCacheMb }), new EngineTuning());
      const { sut } = setUp(2, capacity, silent);
      const ids = Array<number>(prompt).fill(7);
      return (await begin(sut, { prompt: { ids }, maxTokens })).prepared.maxTokens;
    };
    // 321 positions, and 32 times as many: there the context of 512 is whole.
    const lengths = [most(10, 1), most(250, 1), most(300, 1), most(400, 1), most(1, 32), most(500, 32)];
    expect(await Promise.all(lengths)).toEqual([80, 71, 21, 1, 511, 12]);
    expect(await most(10, 1, 300)).toBe(300);
  });

  it('refuses what exceeds the queue, and takes more once there is room', async () => {
    const { sut, engine, meter } = setUp(2);
    const all = [];
    for (let i = 0; i < ENGINE_STREAMS + 2; i++) all.push(await begin(sut));
    expect(meter.queue.waiting).toBe(2);
    const refused = await (await begin(sut)).running;
    expect(!refused.ok && [refused.error.code, refused.error.status]).toEqual(['QUEUE_FULL', 429]);
    expect(!refused.ok && refused.error.facts.retryAfter).toBeGreaterThanOrEqual(1);
    (await engine.generation(0)).finish('cancelled');
    await all[0].running;
    const late = await begin(sut);
    (await engine.generation(ENGINE_STREAMS + 2)).finish('cancelled');
    expect((await late.running).ok).toBe(true);
  });

  it('does not hand out an answer whose receipt could not be stored', async () => {
    const { sut, engine, write, meter } = setUp();
    write.mockImplementation(() => Promise.reject(new Error('the database is gone')));
    const { running } = await begin(sut);
    const generation = await engine.generation(0);
    generation.tokens(...idsOf('The'));
    generation.finish('length');
    await expect(running).rejects.toThrow('the database is gone');
    expect(meter.queue.size).toBe(0);
  });

  it('says that nothing can be answered when the engine does not start', async () => {
    const { events, meter } = setUp();
    const health = new HealthRegistry();
    const config = testConfig();
    const factory = () => Promise.reject(new CodedError('KERNEL_SELF_TEST', 'the kernel computes wrongly'));
    const host = new EngineHost(
      factory,
      new BlockWatch(health),
      new KernelArchive(config),
      new VersionRegistry(),
      events,
      health,
    );
    const catalog = { resolve: () => Promise.resolve(ok(model)) } as unknown as ModelCatalog;
    const sut = new InferenceService(catalog, new PromptEncoder(), host, meter, {} as ReceiptIssuer);
    const refused = await (await begin(sut)).running;
    expect(!refused.ok && [refused.error.code, refused.error.status]).toEqual(['ENGINE_UNAVAILABLE', 503]);
    expect((await health.check()).probes.kernel).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('the kernel computes wrongly'),
    });
  });

  it('gives out the prompt before the answer, and states only the answer', async () => {
    const { sut, engine, stored } = setUp();
    const { running, deltas } = await begin(sut, { echo: true, choices: 2 });
    for (const index of [0, 1]) {
      const generation = await engine.generation(index);
      generation.tokens(...idsOf(' Said.'));
      generation.finish('length');
    }
    expect(unwrap(await running).map(({ text }) => text)).toEqual(['Say it. Said.', 'Say it. Said.']);
    for (const choice of [0, 1]) {
      const own = deltas.filter((delta) => delta.choice === choice);
      expect(own.map(({ text }) => text)).toEqual(['Say it.', ' Said.']);
    }
    expect(stored.map(({ evidence }) => evidence.text)).toEqual([' Said.', ' Said.']);
  });

  it('scores the prompt it gives out, but for its first token', async () => {
    const { sut, engine } = setUp();
    const prompt = { ids: [7, 9, 11] };
    const { running } = await begin(sut, { echo: true, logprobs: 1, prompt });
    const generation = await engine.generation(0);
    generation.tokens(13);
    generation.finish('length');
    const [{ tokens }] = unwrap(await running);
    const top = [{ id: 0, logprob: -0 }];
    expect(tokens).toEqual([
      { id: 7, logprob: null, top: [] },
      { id: 9, logprob: -9, top },
      { id: 11, logprob: -11, top },
      { id: 13, logprob: -0.5, top: [] },
    ]);
  });

  it('makes nothing and states nothing when no token is wanted', async () => {
    const { sut, engine, write, meter } = setUp();
    const { running } = await begin(sut, { echo: true, maxTokens: 0 });
    expect(unwrap(await running)).toMatchObject([{ text: 'Say it.', completionTokens: 0, receipt: null }]);
    expect([engine.generations.length, write.mock.calls.length, meter.queue.size]).toEqual([0, 0, 0]);
  });

  it('names an unknown model', async () => {
    const { sut } = setUp();
    const unknown = err(new CodedError('MODEL_NOT_FOUND', 'no such model', {}, 404));
    Object.assign(sut, { catalog: { resolve: () => Promise.resolve(unknown) } });
    expect(await sut.prepare({ model: 'x', owner: 'test', prompt: { text: 'a' } })).toEqual(unknown);
  });
});
