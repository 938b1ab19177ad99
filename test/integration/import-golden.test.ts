import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unwrap } from '../../src/common/index.js';
import { packageRoot } from '../../src/common/installation.js';
import { Importer, ParameterIndex, toEngineModel, type ImportDtype } from '../../src/experts/index.js';
import { Engine } from '../../src/inference/kernel/index.js';
import { shardedCopy } from '../factories/checkpoint.js';
import { openExperts, type ExpertsUnderTest } from './import-support.js';

const GOLDEN = 'test/vectors/golden';
/** Largest difference of one logit that a 32-bit engine may show; correct ones are near 1e-5. */
const LARGEST_DIFFERENCE = 2e-3;
const SMALLEST_COSINE = 0.999;

interface Reference {
  readonly input_ids: number[][];
  readonly logits: number[][][];
  readonly greedy: number[][];
}

let sut: ExpertsUnderTest;
let engine: Engine;

beforeAll(async () => {
  sut = await openExperts();
  engine = await Engine.start({
    threads: 1,
    kernelPath: join(packageRoot(), 'dist', 'kernel', 'kernel.wasm'),
    expertCacheBytes: 2 ** 25,
    kvCacheBytes: 2 ** 24,
    maxStreams: 1,
    execArgv: ['--import', join(packageRoot(), 'test', 'support', 'typescript-threads.mjs')],
  });
});
afterAll(async () => {
  await engine.stop();
  await sut.close();
});

/** Imports a checkpoint and loads the release that came of it, from its blocks. @returns the release's hash */
async function importAndLoad(folder: string, name: string, dtype: ImportDtype): Promise<string> {
  unwrap(await sut.app.get(Importer).import(folder, { name, dtype }));
  const view = await sut.app.get(ParameterIndex).resolve(name);
  if (view === null) throw new Error(`${name} is not live`);
  unwrap(await engine.load(toEngineModel(view)));
  return view.release;
}

const logitsOf = async (release: string, ids: readonly number[], last = ids.length) =>
  unwrap(await engine.logits({ release, ids, last }));

/** Differences over all positions of all prompts of a reference. */
async function compare(
  release: string,
  reference: Reference,
): Promise<{ difference: number; cosine: number }> {
  let [difference, cosine] = [0, 1];
  for (const [prompt, ids] of reference.input_ids.entries()) {
    const rows = await logitsOf(release, ids);
    expect(rows).toHaveLength(ids.length);
    rows.forEach((row, position) => {
      const expected = reference.logits[prompt][position];
      difference = Math.max(difference, ...expected.map((value, i) => Math.abs(value - row[i])));
      cosine = Math.min(cosine, cosineOf(row, expected));
    });
  }
  return { difference, cosine };
}

function cosineOf(a: Float32Array, b: readonly number[]): number {
  let [dot, aa, bb] = [0, 0, 0];
  b.forEach((value, i) => {
    dot += a[i] * value;
    aa += a[i] * a[i];
    bb += value * value;
  });
  return dot / Math.sqrt(aa * bb);
}

async function greedy(release: string, ids: readonly number[], count: number): Promise<number[]> {
  const all = [...ids];
  for (let i = 0; i < count; i++) {
    const [row] = await logitsOf(release, all, 1);
    all.push(row.indexOf(Math.max(...row)));
  }
  return all.slice(ids.length);
}

describe.each(readdirSync(GOLDEN))('%s, imported and computed from its blocks', (name) => {
  const folder = join(GOLDEN, name);
  const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as Reference;

  it('agrees with the reference when nothing is quantised', async () => {
    const release = await importAndLoad(folder, `${name}-f32`, 'f32');
    expect((await compare(release, reference)).difference).toBeLessThan(LARGEST_DIFFERENCE);
    const [prompt] = reference.input_ids;
    expect(await greedy(release, prompt, reference.greedy[0].length)).toEqual(reference.greedy[0]);
  });

  it('stays close to it with 8-bit weights', async () => {
    const release = await importAndLoad(folder, `${name}-q8`, 'q8');
    expect((await compare(release, reference)).cosine).toBeGreaterThan(SMALLEST_COSINE);
  });

  it('is the same release content from shards', async () => {
    const shards = shardedCopy(folder, 4);
    try {
      const again = unwrap(await sut.app.get(Importer).import(shards, { name: `${name}-f32`, dtype: 'f32' }));
      expect(again).toMatchObject({ created: false, created_blocks: 0 });
    } finally {
      rmSync(shards, { recursive: true, force: true });
    }
  });
});
