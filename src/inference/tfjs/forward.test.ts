import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importInMemory } from '../../../test/support/imported.js';
import { createEngine, EVERY_PART, randomModel, runWork, smallConfig } from '../../../test/support/engine.js';
import { unwrap } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { MemoryBlockSource } from '../kernel/index.js';
import type { BuiltModel } from '../kernel/model-builder.js';
import { openBackend } from './backend.js';
import { ExpertTensors } from './expert-tensors.js';
import { TensorForward } from './forward.js';
import { KeyValues } from './key-values.js';
import { loadTensorModel } from './tensor-model.js';

const vectors = fileURLToPath(new URL('../../../test/vectors/golden/', import.meta.url));
const ignore = () => undefined;

/** Logits of all positions, computed in parts of so many rows. */
async function logitsOf(
  backend: 'wasm' | 'cpu',
  { model, payloads }: BuiltModel,
  ids: readonly number[],
  part: number,
): Promise<Float32Array[]> {
  const { tf } = unwrap(await openBackend(backend));
  const source = new MemoryBlockSource(payloads, nativeSha256);
  const loaded = unwrap(loadTensorModel(tf, source, model, ignore));
  const experts = new ExpertTensors(tf, source, 1 << 20, () => 0, ignore);
  const forward = new TensorForward(tf, experts);
  const cache = new KeyValues(tf);
  const logits: Float32Array[] = [];
  for (let position = 0; position < ids.length; position += part) {
    const tokens = ids.slice(position, position + part);
    const computed = await forward.run(loaded, {
      tokens,
      spans: [{ cache, row: 0, count: tokens.length, position }],
      logitRows: tokens.map((_, row) => row),
      wantsHidden: false,
    });
    expect(computed.failures.size).toBe(0);
    logits.push(...computed.logits);
  }
  cache.dispose();
  loaded.dispose();
  for (const place of loaded.experts) if (place !== null) experts.drop(place);
  expect(tf.memory().numTensors).toBe(0);
  return logits;
}

/** The largest difference over the largest magnitude. */
function relativeError(actual: readonly Float32Array[], expected: readonly ArrayLike<number>[]): number {
  let [difference, magnitude] = [0, 0];
  expect(actual).toHaveLength(expected.length);
  actual.forEach((row, i) => {
    expect(row).toHaveLength(expected[i].length);
    row.forEach((value, id) => {
      difference = Math.max(difference, Math.abs(value - expected[i][id]));
      magnitude = Math.max(magnitude, Math.abs(expected[i][id]));
    });
  });
  return difference / magnitude;
}

function exactLogits(built: BuiltModel, ids: readonly number[]): readonly Float32Array[] {
  const work = { kind: 'logits', release: built.model.release, ids } as const;
  return unwrap(runWork(createEngine(built), work)) as readonly Float32Array[];
}

interface Reference {
  readonly input_ids: number[][];
  readonly logits: number[][][];
}

describe.each(['wasm', 'cpu'] as const)('the forward pass on %s', (backend) => {
  it.each(readdirSync(vectors))('agrees with the exact lane and the reference on %s', async (name) => {
    const folder = `${vectors}${name}`;
    const built = await importInMemory(folder, 'f32');
    const reference = JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as Reference;
    const prompts = backend === 'cpu' ? reference.input_ids.slice(0, 1) : reference.input_ids;
    for (const [prompt, ids] of prompts.entries()) {
      const logits = await logitsOf(backend, built, ids, ids.length);
      expect(relativeError(logits, exactLogits(built, ids))).toBeLessThan(1e-4);
      expect(relativeError(logits, reference.logits[prompt])).toBeLessThan(1e-4);
    }
  });

  it('leaves out the experts that the exact lane leaves out', async () => {
    const leftOut = [
      { layer: 0, experts: [1, 2] },
      { layer: 2, experts: [0] },
    ];
    const built = randomModel(smallConfig({ architecture: { ...EVERY_PART, leftOut }, layers: 3 }), 'f32', 7);
    const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 100);
    const logits = await logitsOf(backend, built, ids, ids.length);
    expect(relativeError(logits, exactLogits(built, ids))).toBeLessThan(1e-4);
  });

  it.each([1, 7, 64])('computes every part of every family at once, in parts of %i rows', async (part) => {
    const built = randomModel(smallConfig({ architecture: EVERY_PART, layers: 3 }), 'f32', 7);
    const ids = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 100);
    const logits = await logitsOf(backend, built, ids, part);
    expect(relativeError(logits, exactLogits(built, ids))).toBeLessThan(1e-4);
  });
});
