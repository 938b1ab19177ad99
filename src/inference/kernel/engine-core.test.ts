import { jest } from '@jest/globals';
import { createEngine, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { err, ok, unwrap, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { GREEDY, Sampler } from '../sampler/index.js';
import { blockMissing, type BlockSource } from './block-source.js';
import type { WorkResult } from './engine-core.js';
import { Kernel } from './kernel.js';
import { MemoryBlockSource } from './memory-source.js';
import { PAGE_POSITIONS } from './abi.js';
import type { GenerateEvent, GenerateResult, Work } from './requests.js';

const config = smallConfig();
const built = randomModel(config, 'int8', 3);
const { release } = built.model;
const pageBytes = config.layers * 2 * config.kvHeads * PAGE_POSITIONS * config.headDim * 4;

function generate(changes: Partial<Work & { kind: 'generate' }> = {}): Work {
  return {
    ...{ kind: 'generate', release, promptIds: [1, 2, 3], maxTokens: 10, stopIds: [], sampling: GREEDY },
    ...changes,
  } as Work;
}
const code = (result: Result<unknown> | undefined) => (result?.ok ? 'ok' : result?.error.code);

/** How often the experts of a layer were used. */
function tokensIn(experts: GenerateResult['experts'], which: number): number {
  return experts.filter(({ layer }) => layer === which).reduce((sum, use) => sum + use.tokens, 0);
}

describe('engine core', () => {
  it.each([
    ['an unknown release', { release: 'ff'.repeat(32) }, 'MODEL_NOT_LOADED'],
    ['an empty prompt', { promptIds: [] }, 'REQUEST_INVALID'],
    ['a token beyond the vocabulary', { promptIds: [100] }, 'REQUEST_INVALID'],
    ['a token that is no whole number', { promptIds: [1.5] }, 'REQUEST_INVALID'],
    ['a prompt as long as the context', { promptIds: new Array<number>(200).fill(1) }, 'PROMPT_TOO_LONG'],
    ['no tokens wanted', { maxTokens: 0 }, 'REQUEST_INVALID'],
    ['too many alternatives', { logprobs: 21 }, 'REQUEST_INVALID'],
    ['a sampling parameter out of range', { sampling: { ...GREEDY, topP: 2 } }, 'SAMPLING_PARAMETER'],
  ])('refuses %s', (_, changes, expected) => {
    const engine = createEngine(built);
    let result: Result<WorkResult> | undefined;
    engine.submit(1, generate(changes), { event: () => undefined, done: (value) => (result = value) });
    expect(code(result)).toBe(expected);
    expect(engine.busy).toBe(false);
  });

  it('ends an answer at a stop token, which is its last, or at the end of the context', () => {
    const engine = createEngine(built);
    const { tokens } = unwrap(runWork(engine, generate())) as GenerateResult;
    const stopped = unwrap(runWork(engine, generate({ stopIds: [tokens[4]] }))) as GenerateResult;
    expect(stopped).toMatchObject({ finish: 'stop', tokens: tokens.slice(0, tokens.indexOf(tokens[4]) + 1) });
    const promptIds = new Array<number>(198).fill(7);
    const long = unwrap(runWork(engine, generate({ promptIds, maxTokens: 50 }))) as GenerateResult;
    expect(long).toMatchObject({ finish: 'length', tokens: { length: 2 } });
  });

  it('gives each place of an answer the random number that the seed has for it, as the format says', () => {
    const engine = createEngine(built);
    const sampling = { ...GREEDY, temperature: 1.5, seed: 11 };
    const promptIds = [1, 2, 3];
    const { tokens } = unwrap(runWork(engine, generate({ promptIds, sampling }))) as GenerateResult;
    const ids = [...promptIds, ...tokens.slice(0, -1)];
    const rows = unwrap(runWork(engine, { kind: 'logits', release, ids })) as Float32Array[];
    const sampler = new Sampler(sampling, promptIds);
    expect(rows.slice(promptIds.length - 1).map((logits, index) => sampler.choose(logits, index))).toEqual(
      tokens,
    );
  });

  it('refuses a request that the key/value cache could never hold, and queues what must wait', () => {
    const engine = createEngine(built, { kvCacheBytes: 2 * pageBytes });
    expect(code(runWork(engine, generate({ maxTokens: 100 })))).toBe('KV_BUDGET_EXCEEDED');
    const results: (Result<WorkResult> | undefined)[] = [undefined, undefined];
    [0, 1].forEach((i) => {
      const sink = { event: () => undefined, done: (value: Result<WorkResult>) => void (results[i] = value) };
      engine.submit(i, generate({ maxTokens: 60 }), sink);
    });
    engine.step();
    expect(engine.stats()).toMatchObject({ active: 1, queued: 1 });
    while (engine.busy) engine.step();
    expect(results.map(code)).toEqual(['ok', 'ok']);
    expect(unwrap(results[0]!)).toMatchObject({ tokens: (unwrap(results[1]!) as GenerateResult).tokens });
  });

  it('takes pages as positions are reached and frees them when a request is cancelled', () => {
    const engine = createEngine(built);
    let result: Result<WorkResult> | undefined;
    engine.submit(5, generate({ maxTokens: 150 }), {
      event: () => undefined,
      done: (value) => (result = value),
    });
    engine.step();
    expect(engine.stats().kv).toMatchObject({ usedBytes: pageBytes, reservedBytes: 5 * pageBytes });
    for (let i = 0; i < 40; i++) engine.step();
    expect(engine.stats().kv.usedBytes).toBe(2 * pageBytes);
    engine.cancel(5);
    expect(unwrap(result!)).toMatchObject({ finish: 'cancelled', tokens: { length: 41 } });
    expect(engine.stats().kv).toMatchObject({ usedBytes: 0, reservedBytes: 0 });
    engine.cancel(5);
    engine.submit(6, generate(), { event: () => undefined, done: (value) => (result = value) });
    engine.cancel(6);
    expect(unwrap(result!)).toMatchObject({ finish: 'cancelled', tokens: [] });
  });

  it('reports tokens, progress and routing', () => {
    const engine = createEngine(built);
    const events: GenerateEvent[] = [];
    let result: Result<WorkResult> | undefined;
    const promptIds = Array.from({ length: 100 }, (_, i) => i);
    engine.submit(1, generate({ promptIds, logprobs: 2 }), {
      event: (event) => void events.push(event),
      done: (value) => (result = value),
    });
    while (!result) engine.step();
    const prefill = events.filter((event) => event.type === 'prefill');
    expect(prefill.map(({ done }) => done)).toEqual([64, 100]);
    const tokens = events.filter((event) => event.type === 'token');
    expect(tokens).toHaveLength(10);
    for (const { id, logprob, top } of tokens) {
      expect(top![0]).toEqual({ id, logprob });
      expect(top).toHaveLength(2);
      expect(top![1].logprob).toBeLessThanOrEqual(logprob!);
    }
    const { experts } = unwrap(result) as GenerateResult;
    expect(tokensIn(experts, 0)).toBe(109 * config.expertsPerToken);
    // Of what comes before the last token of the prompt the last layer's keys and values are all that is wanted.
    expect(tokensIn(experts, 1)).toBe(10 * config.expertsPerToken);
  });

  it('counts every position in every layer with kernels from before rows could end, and has the same bits', () => {
    const promptIds = Array.from({ length: 70 }, (_, i) => i);
    const now = unwrap(runWork(createEngine(built), generate({ promptIds }))) as GenerateResult;
    const knows = jest.spyOn(Kernel.prototype, 'knowsEnds', 'get').mockReturnValue(false);
    const before = createEngine(built);
    const answers = [1, 2].map(() => unwrap(runWork(before, generate({ promptIds }))) as GenerateResult);
    knows.mockRestore();
    for (const { tokens, states, experts } of answers) {
      expect({ tokens, states }).toEqual({ tokens: now.tokens, states: now.states });
      for (const which of [0, 1]) expect(tokensIn(experts, which)).toBe(79 * config.expertsPerToken);
    }
    expect(answers.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 64]);
  });

  it('fails only the requests that need a broken expert, and heals with it', () => {
    const good = new MemoryBlockSource(built.payloads, nativeSha256);
    let broken = '';
    const source: BlockSource = {
      read: (block, target) =>
        block.name === broken ? err(blockMissing(block, 'gone')) : good.read(block, target),
    };
    // the last layer, so that nothing later depends on the choice
    const uses = [...Array(30).keys()].map((id) => {
      const work = generate({ promptIds: [id], maxTokens: 1 });
      const { experts } = unwrap(runWork(createEngine(built), work)) as GenerateResult;
      return {
        work,
        experts: new Set(experts.filter(({ layer }) => layer === 1).map(({ expert }) => expert)),
      };
    });
    const engine = createEngine(built, {}, source);
    broken = 'layer1.expert2';
    const results: (Result<WorkResult> | undefined)[] = [];
    const limited = uses.slice(0, 8);
    limited.forEach(({ work }, i) =>
      engine.submit(i, work, { event: () => undefined, done: (value) => void (results[i] = value) }),
    );
    while (engine.busy) engine.step();
    expect(results.map(code)).toEqual(
      limited.map(({ experts }) => (experts.has(2) ? 'BLOCK_MISSING' : 'ok')),
    );
    expect(new Set(results.map(code)).size).toBe(2);
    broken = '';
    expect(limited.map(({ work }) => code(runWork(engine, work)))).toEqual(limited.map(() => 'ok'));
  });

  it('refuses to go on with logits that are not finite', () => {
    const endless = randomModel(config, 'f32', 3);
    const head = endless.payloads.get('head')!;
    new Float32Array(head.buffer, head.byteOffset + head.length - 64 * 4, 1)[0] = Infinity;
    const trusting: BlockSource = {
      read: (block, target) => {
        target.set(endless.payloads.get(block.name)!);
        return ok();
      },
    };
    const result = runWork(createEngine(endless, {}, trusting), generate({ release: endless.model.release }));
    expect(code(result)).toBe('LOGITS_NOT_FINITE');
  });

  it('shares memory between releases with the same payloads and gives all back', () => {
    const engine = createEngine(built);
    const { cache: before, memoryBytes } = engine.stats();
    const { tokens } = unwrap(runWork(engine, generate())) as GenerateResult;
    const { misses } = engine.stats().cache;
    const twin = { ...built.model, release: 'ee'.repeat(32) };
    unwrap(engine.load(twin));
    expect(unwrap(runWork(engine, generate({ release: twin.release })))).toMatchObject({ tokens });
    expect(engine.stats().cache.misses).toBe(misses);
    engine.unload(release);
    expect(engine.stats().cache.bytes).toBeGreaterThan(0);
    engine.unload(twin.release);
    expect(engine.stats()).toMatchObject({ cache: { bytes: before.bytes }, models: [] });
    unwrap(engine.load(built.model));
    expect(engine.stats().memoryBytes).toBeLessThanOrEqual(memoryBytes + (8 << 20));
  });

  it('never takes a payload for what its directory or dimensions do not say', () => {
    const engine = createEngine(built);
    unwrap(runWork(engine, generate()));
    const swapped = built.model.blocks.map((block) => {
      if (!block.name.includes('expert')) return block;
      const [gate, up, down] = block.tensors;
      return { ...block, tensors: [{ ...gate, name: 'up' }, { ...up, name: 'gate' }, down] };
    });
    const other = { ...built.model, release: 'dd'.repeat(32), blocks: swapped };
    unwrap(engine.load(other));
    const [a, b] = [generate(), generate({ release: other.release })].map(
      (work) => (unwrap(runWork(engine, work)) as GenerateResult).tokens,
    );
    expect(b).not.toEqual(a);
    const lying = { ...built.model, release: 'cc'.repeat(32), config: { ...config, expertHiddenSize: 96 } };
    unwrap(engine.load(lying));
    expect(code(runWork(engine, generate({ release: lying.release })))).toBe('BLOCK_CORRUPT');
  });

  it.each([
    ['a hidden size that is no multiple of 32', { hiddenSize: 48 }, 'hiddenSize'],
    ['more experts per token than experts', { expertsPerToken: 5 }, 'expertsPerToken'],
    ['KV heads that do not divide the heads', { kvHeads: 3 }, 'kvHeads'],
    ['absurd layers', { layers: 1e9 }, 'layers'],
    ['a fraction of a vocabulary', { vocabSize: 1.5 }, 'vocabSize'],
    ['another family', { family: 'other' as 'mixtral' }, 'family'],
    ['no epsilon', { rmsEpsilon: 0 }, 'rmsEpsilon'],
  ])('refuses a model with %s', (_, changes, field) => {
    const engine = createEngine(built);
    const model = { ...built.model, release: 'bb'.repeat(32), config: { ...config, ...changes } };
    expect(engine.load(model)).toMatchObject({
      ok: false,
      error: { code: 'MODEL_CONFIG', facts: { field } },
    });
  });

  it('refuses a release whose dense weights and largest expert exceed the memory, before it reads anything', () => {
    const sized = (dense: number, expert: number) => ({
      ...built.model,
      release: 'large',
      blocks: built.model.blocks.map((block) => {
        if (block.name === 'embedding') return { ...block, payloadSize: dense };
        return block.name === 'layer0.expert1' ? { ...block, payloadSize: expert } : block;
      }),
    });
    const engine = createEngine(built);
    const used = engine.stats().memoryBytes;
    const refused = engine.load(sized(2 ** 31, 2 ** 31));
    expect(refused).toMatchObject({ ok: false, error: { code: 'KERNEL_MEMORY', facts: { most: 2 ** 32 } } });
    expect(engine.stats().memoryBytes).toBe(used);
    expect(code(engine.load(sized(100, 2 ** 31)))).toBe('BLOCK_CORRUPT');
  });

  it('refuses a release that names no block for a weight, leaving nothing behind', () => {
    const engine = createEngine(built);
    const blocks = built.model.blocks.filter(({ name }) => name !== 'layer1.router');
    const loaded = engine.load({ ...built.model, release: 'aa'.repeat(32), blocks });
    expect(loaded).toMatchObject({
      ok: false,
      error: { code: 'MODEL_BLOCK_ABSENT', facts: { name: 'layer1.router' } },
    });
    expect(engine.stats().models).toHaveLength(1);
  });
});
