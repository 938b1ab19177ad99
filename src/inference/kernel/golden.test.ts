import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nativeSha256 } from '../../common/native-hash.js';
import { unwrap, type Result } from '../../common/index.js';
import { importInMemory } from '../../../test/support/imported.js';
import type { BuiltModel } from './model-builder.js';
import { EngineCore, type WorkResult } from './engine-core.js';
import { GREEDY } from '../sampler/index.js';
import { createKernelMemory, Kernel, MemoryBlockSource } from './index.js';
import type { GenerateResult, ReplayResult, Work } from './requests.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function engineFor({ model, payloads }: BuiltModel): EngineCore {
  const module = new WebAssembly.Module(readFileSync(`${root}dist/kernel/kernel.wasm`));
  const kernel = Kernel.create(module, createKernelMemory(), 1);
  const source = new MemoryBlockSource(payloads, nativeSha256);
  const engine = new EngineCore(
    { kernel, source, kernelHash: '00'.repeat(32), sha256: nativeSha256, now: () => performance.now() },
    { expertCacheBytes: 1 << 28, kvCacheBytes: 1 << 26, maxStreams: 8 },
  );
  unwrap(engine.load(model));
  return engine;
}

function run(engine: EngineCore, work: Work): WorkResult {
  let result: Result<WorkResult> | undefined;
  engine.submit(1, work, { event: () => undefined, done: (value) => (result = value) });
  while (!result) engine.step();
  return unwrap(result);
}

interface Reference {
  readonly input_ids: number[][];
  readonly logits: number[][][];
  readonly greedy: number[][];
  readonly router: { readonly prompt: number; readonly expert_ids: number[][][] };
}

const vectors = `${root}test/vectors/golden`;

it('covers four families, in 32 and 16 bits, one in MXFP4 besides', () => {
  const families = ['gpt_oss', 'mixtral', 'olmoe', 'qwen3_moe'];
  const stored = families.flatMap((family) => [`${family}-a`, `${family}-a-bf16`]);
  expect(readdirSync(vectors).sort()).toEqual([...stored, 'gpt_oss-a-mxfp4'].sort());
});

describe.each(readdirSync(vectors))('golden checkpoint %s', (name) => {
  const folder = `${vectors}/${name}`;
  const reference = JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as Reference;

  it('has the reference logits within 2e-3 and its greedy ids, unquantised', async () => {
    const built = await importInMemory(folder, 'f32');
    const engine = engineFor(built);
    reference.input_ids.forEach((ids, prompt) => {
      const { release } = built.model;
      const logits = run(engine, { kind: 'logits', release, ids }) as Float32Array[];
      let worst = 0;
      logits.forEach((row, position) =>
        row.forEach((value, id) => {
          worst = Math.max(worst, Math.abs(value - reference.logits[prompt][position][id]));
        }),
      );
      expect(logits).toHaveLength(ids.length);
      expect(worst).toBeLessThan(1e-4);
      const answer = run(engine, {
        kind: 'generate',
        release,
        promptIds: ids,
        maxTokens: 24,
        stopIds: [],
        sampling: GREEDY,
      }) as GenerateResult;
      expect(answer.tokens).toEqual(reference.greedy[prompt]);
    });
  });

  it('sends every token through the experts of the reference', async () => {
    const built = await importInMemory(folder, 'f32');
    const { prompt, expert_ids: chosen } = reference.router;
    const counts = routedBy(built, reference.input_ids[prompt]);
    chosen.forEach((positions, layer) => {
      const expected = counts[layer].map(
        (_, expert) => positions.flat().filter((id) => id === expert).length,
      );
      expect(counts[layer]).toEqual(expected);
    });
  });

  it('keeps a cosine of 0.999 with 8-bit weights', async () => {
    const built = await importInMemory(folder, 'q8');
    const engine = engineFor(built);
    let [worst, agree, count] = [1, 0, 0];
    reference.input_ids.forEach((ids, prompt) => {
      const logits = run(engine, { kind: 'logits', release: built.model.release, ids }) as Float32Array[];
      logits.forEach((row, position) => {
        const expected = reference.logits[prompt][position];
        worst = Math.min(worst, cosine(row, expected));
        agree += row.indexOf(Math.max(...row)) === expected.indexOf(Math.max(...expected)) ? 1 : 0;
        count++;
      });
    });
    expect(worst).toBeGreaterThan(0.999);
    expect(agree / count).toBeGreaterThan(0.9);
  });
});

/** Tokens per layer and expert, for a prompt whose answer has one token: the prompt's own. */
function routedBy(built: BuiltModel, ids: readonly number[]): number[][] {
  const { release, config } = built.model;
  const engine = engineFor(built);
  // Every position as one whose logits are wanted: of others the last layer makes keys and values only.
  const [first, ...rest] = ids;
  const { experts } = run(engine, {
    ...{ kind: 'replay', release, promptIds: [first], outputIds: [...rest, 0], sampling: GREEDY },
  } as Work) as ReplayResult;
  const counts = Array.from({ length: config.layers }, () => new Array<number>(config.experts).fill(0));
  for (const { layer, expert, tokens } of experts) counts[layer][expert] = tokens;
  return counts;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}
