import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import type { ModelConfig } from '../model-config.js';
import { encodeTensorBlock, TensorBlock, type TensorSpec } from '../tensorblock/index.js';
import { checkDirectory, checkTensors, findPlannedBlock } from './check-weights.js';
import { isFinite } from './finite.js';
import { parseTensorDirectory, type TensorEntry } from './tensor-directory.js';
import { planBlock, planBlocks } from './tensor-plan.js';

const config: ModelConfig = {
  family: 'mixtral',
  hiddenSize: 32,
  layers: 3,
  experts: 4,
  expertsPerToken: 2,
  expertHiddenSize: 48,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  vocabSize: 24,
  maxPositions: 64,
  ropeTheta: 1e4,
  rmsEpsilon: 1e-5,
  tieWordEmbeddings: false,
};

describe('the plan of an architecture', () => {
  it('finds each of its blocks by name and no other', () => {
    for (const block of planBlocks(config)) expect(planBlock(config, block.name)).toEqual(block);
    for (const name of ['layer3.router', 'layer0.expert4', 'layer00.router', 'layer0.mlp', 'Embedding', '']) {
      expect(planBlock(config, name)).toBeNull();
    }
  });

  it('refuses a type or layer that does not belong to the name', () => {
    const header = { name: 'layer1.expert2', type: 'expert', layer: 1 };
    expect(findPlannedBlock(config, header).ok).toBe(true);
    for (const change of [{ type: 'dense' }, { layer: 0 }, { layer: null }, { name: null }]) {
      expect(findPlannedBlock(config, { ...header, ...change })).toMatchObject({
        error: { code: 'WEIGHT_NAME' },
      });
    }
  });
});

describe('a tensor directory', () => {
  const entry: TensorEntry = { name: 'norm', offset: 0, length: 256, rows: 1, columns: 32, dtype: 'f32' };
  const next = { ...entry, name: 'weight', offset: 256, rows: 4 };

  it('is read when it covers the payload from end to end', () => {
    expect(unwrap(parseTensorDirectory([entry, next] as never, 512))).toEqual([entry, next]);
  });

  it.each<[string, unknown, number]>([
    ['nothing', undefined, 0],
    ['no tensors', [], 0],
    ['a gap', [entry, { ...next, offset: 320 }], 576],
    ['an overlap', [entry, { ...next, offset: 192 }], 448],
    ['bytes left over', [entry], 512],
    ['a payload too short', [entry, next], 511],
    ['the same name twice', [entry, { ...next, name: 'norm' }], 512],
    ['an unknown dtype', [{ ...entry, dtype: 'fp8' }], 256],
    ['an unaligned length', [{ ...entry, length: 255 }], 255],
    ['an unknown member', [{ ...entry, more: 1 }], 256],
    ['a text as size', [{ ...entry, rows: '1' }], 256],
    ['a list of nulls', [null], 256],
  ])('refuses %s', (_, tensors, size) => {
    expect(parseTensorDirectory(tensors as never, size)).toMatchObject({
      error: { code: 'TENSOR_DIRECTORY' },
    });
  });
});

describe('the payload of a weight block', () => {
  const router = planBlock(config, 'layer0.router');
  if (router === null) throw new Error('the plan lost its router');

  function payload(norm: Partial<TensorSpec> = {}, value = 1) {
    const specs: TensorSpec[] = [
      { dtype: 'f32', layout: 'rowMajor', rows: 1, columns: 32, ...norm },
      { dtype: 'f32', layout: 'rowMajor', rows: 4, columns: 32 },
    ];
    const blocks = specs.map((spec) =>
      encodeTensorBlock(spec, new Float32Array(spec.rows * spec.columns).fill(value)),
    );
    let offset = 0;
    const tensors = blocks.map((bytes, i): TensorEntry => {
      const { rows, columns, dtype } = specs[i];
      offset += bytes.length;
      return {
        name: ['norm', 'weight'][i],
        offset: offset - bytes.length,
        length: bytes.length,
        rows,
        columns,
        dtype,
      };
    });
    const bytes = Buffer.concat(blocks);
    return { tensors, read: (at: number, length: number) => Promise.resolve(bytes.slice(at, at + length)) };
  }

  it('is accepted when every tensor is what its place asks for', async () => {
    const { tensors, read } = payload();
    expect(checkDirectory(router, tensors).ok).toBe(true);
    expect((await checkTensors(router, tensors, read)).ok).toBe(true);
  });

  it('is refused with other shapes, too few or too many tensors', () => {
    const { tensors } = payload();
    const wrong = [
      tensors.slice(1),
      [tensors[0], { ...tensors[1], rows: 5 }],
      [...tensors, { ...tensors[0], name: 'x' }],
    ];
    for (const list of wrong)
      expect(checkDirectory(router, list)).toMatchObject({ error: { code: 'WEIGHT_TENSORS' } });
  });

  it('is refused in a layout or dtype that is not read there', async () => {
    for (const norm of [{ layout: 'tile16' }, { dtype: 'f16' }] as const) {
      const { tensors, read } = payload(norm);
      expect(await checkTensors(router, tensors, read)).toMatchObject({ error: { code: 'WEIGHT_LAYOUT' } });
    }
  });

  it('is refused when the TensorBlock says something else than the directory', async () => {
    const { tensors, read } = payload();
    const lied = [tensors[0], { ...tensors[1], dtype: 'f16' as const }];
    expect(await checkTensors(router, lied, read)).toMatchObject({ error: { code: 'WEIGHT_TENSORS' } });
    const torn = (at: number, length: number) => read(at + 64, length);
    expect(await checkTensors(router, tensors, torn)).toMatchObject({ error: { code: 'TENSORBLOCK_MAGIC' } });
  });

  it('is refused with NaN', async () => {
    const { tensors, read } = payload({}, NaN);
    expect(await checkTensors(router, tensors, read)).toMatchObject({ error: { code: 'WEIGHT_NOT_FINITE' } });
  });
});

it('finds a value that is not finite at any place of any layout', async () => {
  const spec = fc.record({
    dtype: fc.constantFrom('f16' as const, 'f32' as const, 'int8' as const),
    layout: fc.constantFrom('rowMajor' as const, 'tile16' as const),
    rows: fc.integer({ min: 1, max: 40 }),
    columns: fc.integer({ min: 1, max: 70 }),
  });
  await fc.assert(
    fc.asyncProperty(spec, fc.nat(), fc.boolean(), async (shape, pick, broken) => {
      const values = new Float32Array(shape.rows * shape.columns).fill(0.5);
      if (broken) values[pick % values.length] = Infinity;
      const bytes = encodeTensorBlock(shape, values);
      expect(await isFinite(unwrap(TensorBlock.decode(bytes)).plan, bytes)).toBe(!broken);
    }),
  );
});

it('looks beyond the first slice of a large tensor', async () => {
  const spec: TensorSpec = { dtype: 'f32', layout: 'rowMajor', rows: 3, columns: 1 << 19 };
  const values = new Float32Array(3 << 19).fill(1);
  values[values.length - 1] = NaN;
  const bytes = encodeTensorBlock(spec, values);
  expect(await isFinite(unwrap(TensorBlock.decode(bytes)).plan, bytes)).toBe(false);
});
