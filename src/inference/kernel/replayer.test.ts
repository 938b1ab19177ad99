import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bytesToHex, sha256Hex, unwrap, type Result } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { loadCheckpoint } from '../../../test/support/checkpoint.js';
import { importInMemory } from '../../../test/support/imported.js';
import { makeVocabulary } from '../constraints/index.js';
import type { SamplingParameters } from '../sampler/index.js';
import { EngineCore, type WorkResult } from './engine-core.js';
import { createKernelMemory, Kernel } from './kernel.js';
import { MemoryBlockSource } from './memory-source.js';
import { createBrowserReplayer, type ReplayInput, type ReplayProgress } from './replayer.js';
import type { BuiltModel } from './model-builder.js';
import type { GenerateResult, ReplayResult } from './requests.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const kernelBytes = Uint8Array.from(readFileSync(`${root}dist/kernel/kernel.wasm`));
const kernelHash = sha256Hex(kernelBytes);
const sampling = {
  ...{ temperature: 0.8, topP: 0.9, topK: 50, minP: 0.02, seed: 77 },
  ...{ repetitionPenalty: 1.05, presencePenalty: 0.2, frequencyPenalty: 0.1 },
};

/** Tokens of the golden model read as bytes; the first of those above ends an answer. */
const vocabulary = makeVocabulary(384, (id) => (id < 256 ? Uint8Array.of(id) : null), [256], false);

/** An answer of up to 75 tokens with all that its replay needs; experts that it did not use are left out. */
function recordAnswer(
  { model, payloads }: BuiltModel,
  sampling: SamplingParameters,
): { input: ReplayInput; answer: GenerateResult } {
  const kernel = Kernel.create(new WebAssembly.Module(kernelBytes), createKernelMemory(), 1);
  const source = new MemoryBlockSource(payloads, nativeSha256);
  const limits = { expertCacheBytes: 1 << 24, kvCacheBytes: 1 << 24, maxStreams: 1 };
  const engine = new EngineCore(
    { kernel, source, kernelHash, sha256: nativeSha256, now: () => performance.now() },
    limits,
  );
  unwrap(engine.load({ ...model, vocabulary }));
  const promptIds = [5, 17, 200, 31];
  let result: Result<WorkResult> | undefined;
  engine.submit(
    1,
    { kind: 'generate', release: model.release, promptIds, maxTokens: 75, stopIds: [256], sampling },
    { event: () => undefined, done: (value) => (result = value) },
  );
  while (!result) engine.step();
  const answer = unwrap(result) as GenerateResult;
  const used = new Set(answer.experts.map(({ layer, expert }) => `layer${layer}.expert${expert}`));
  const given = new Map([...payloads].filter(([name]) => !name.includes('.expert') || used.has(name)));
  const { release, config, blocks } = model;
  const input = {
    ...{ kernel: kernelBytes, kernelHash, release, config, blocks, payloads: given },
    ...{ promptIds, outputIds: answer.tokens, sampling, vocabulary },
  };
  return { input, answer };
}

async function runReplay(
  input: ReplayInput,
): Promise<{ reports: ReplayProgress[]; result: Result<ReplayResult> }> {
  const generator = unwrap(await createBrowserReplayer(input)).replay();
  const reports: ReplayProgress[] = [];
  for (;;) {
    const next = await generator.next();
    if (next.done) return { reports, result: next.value };
    reports.push(next.value);
  }
}

describe('browser replayer', () => {
  const golden = () => loadCheckpoint(`${root}test/vectors/golden/mixtral-a`, 'int8');
  const { input, answer } = recordAnswer(golden(), sampling);

  it('gives the states of the answer, in reports of 32 tokens or more', async () => {
    const { reports, result } = await runReplay(input);
    const replayed = unwrap(result);
    expect(replayed.states.map(bytesToHex)).toEqual(answer.states.map(bytesToHex));
    expect(replayed).toMatchObject({ picks: answer.tokens, firstDifference: null, experts: answer.experts });
    expect(reports.flatMap(({ states }) => states.map(bytesToHex))).toEqual(answer.states.map(bytesToHex));
    expect(reports.at(-1)).toMatchObject({ done: 75, total: 75, firstDifference: null });
    expect(reports.length).toBeGreaterThan(1);
  });

  it.each(['qwen3_moe-a-bf16', 'olmoe-a-bf16', 'gpt_oss-a-mxfp4'])(
    'replays an answer of %s',
    async (name) => {
      const other = recordAnswer(await importInMemory(`${root}test/vectors/golden/${name}`, 'q8'), sampling);
      const replayed = unwrap((await runReplay(other.input)).result);
      expect(replayed.states.map(bytesToHex)).toEqual(other.answer.states.map(bytesToHex));
      expect(replayed.firstDifference).toBeNull();
    },
  );

  it('says from which token on a changed answer or seed differs', async () => {
    const outputIds = answer.tokens.map((id, i) => (i === 40 ? (id + 1) % 384 : id));
    const { result } = await runReplay({ ...input, outputIds });
    expect(unwrap(result).firstDifference).toBe(40);
    expect(bytesToHex(unwrap(result).states[39])).toBe(bytesToHex(answer.states[39]));
    expect(bytesToHex(unwrap(result).states[40])).not.toBe(bytesToHex(answer.states[40]));
    const other = await runReplay({ ...input, sampling: { ...sampling, seed: 78 } });
    expect(unwrap(other.result).firstDifference).not.toBeNull();
  });

  it('obeys the constraint of the answer, and notices another one', async () => {
    const schema = {
      type: 'array',
      items: { type: 'string', minLength: 3, maxLength: 9 },
      minItems: 2,
      maxItems: 4,
    };
    const constraint = { version: 1 as const, schema: JSON.stringify(schema) };
    const bound = recordAnswer(golden(), { ...sampling, temperature: 2, constraint, logitBias: [[34, 3]] });
    const bytes = Uint8Array.from(bound.answer.tokens.filter((id) => id < 256));
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as string[];
    expect([bound.answer.finish, bound.answer.tokens.at(-1)]).toEqual(['stop', 256]);
    expect(value.every((item) => [...item].length >= 3 && [...item].length <= 9)).toBe(true);
    const replayed = unwrap((await runReplay(bound.input)).result);
    expect(replayed).toMatchObject({ picks: bound.answer.tokens, firstDifference: null });
    expect(replayed.states.map(bytesToHex)).toEqual(bound.answer.states.map(bytesToHex));
    const { logitBias: _bias, ...unbiased } = bound.input.sampling;
    const other = unwrap((await runReplay({ ...bound.input, sampling: unbiased })).result);
    expect(bytesToHex(other.states[0])).not.toBe(bytesToHex(bound.answer.states[0]));
    const { vocabulary: _vocabulary, ...wordless } = bound.input;
    expect((await runReplay(wordless)).result).toMatchObject({ error: { code: 'CONSTRAINT_UNSUPPORTED' } });
  });

  it('names a tampered block, a missing expert and a changed kernel', async () => {
    const [expert] = answer.experts;
    const name = `layer${expert.layer}.expert${expert.expert}`;
    const tampered = input.payloads.get(name)!.slice();
    tampered[500] ^= 4;
    const payloads = new Map(input.payloads).set(name, tampered);
    expect(await createBrowserReplayer({ ...input, payloads })).toMatchObject({
      error: { code: 'BLOCK_CORRUPT', facts: { name } },
    });
    const without = new Map([...input.payloads].filter(([key]) => key !== name));
    expect((await runReplay({ ...input, payloads: without })).result).toMatchObject({
      error: { code: 'BLOCK_MISSING', facts: { name } },
    });
    const kernel = kernelBytes.slice();
    kernel[kernel.length - 1] ^= 1;
    expect(await createBrowserReplayer({ ...input, kernel })).toMatchObject({
      error: { code: 'KERNEL_CHANGED' },
    });
    const junk = Uint8Array.from([1, 2, 3]);
    expect(
      await createBrowserReplayer({ ...input, kernel: junk, kernelHash: sha256Hex(junk) }),
    ).toMatchObject({
      error: { code: 'KERNEL_INVALID' },
    });
  });
});
