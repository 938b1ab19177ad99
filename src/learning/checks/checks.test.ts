import { Random } from '../../datasets/generators/index.js';
import { encodeTensorBlock } from '../../experts/tensorblock/index.js';
import { matrixOf, vectorOf, type BlockContent } from './block-values.js';
import { checkQuota } from './quota.js';
import { cosine } from './similarity.js';
import { spectralNorm, type Matrix } from './spectrum.js';
import { changeProblem, tensorChange } from './weight-statistics.js';

function noise(seed: string, rows: number, columns: number): Matrix {
  const random = new Random(seed);
  const values = Float32Array.from({ length: rows * columns }, () => random.int(-1_000, 1_000) / 1_000);
  return { rows, columns, values };
}

const scaled = ({ values, ...shape }: Matrix, factor: number): Matrix => ({
  ...shape,
  values: values.map((value) => value * factor),
});

describe('the largest singular value', () => {
  it('is that of a matrix whose values are known', () => {
    const diagonal = new Float32Array([3, 0, 0, 0, -7, 0]);
    expect(spectralNorm({ rows: 2, columns: 3, values: diagonal })).toBeCloseTo(7, 3);
    // A product of two vectors has one singular value: the product of their lengths.
    const outer = Float32Array.from([1, 2, 2].flatMap((a) => [3, 4].map((b) => a * b)));
    expect(spectralNorm({ rows: 3, columns: 2, values: outer })).toBeCloseTo(15, 3);
    expect(spectralNorm({ rows: 2, columns: 2, values: new Float32Array(4) })).toBe(0);
  });

  it('is about the sum of the roots of the sides for noise', () => {
    // Marchenko and Pastur: sigma * (sqrt(rows) + sqrt(columns)); from below, because power iteration is.
    const expected = Math.sqrt(1 / 3) * (Math.sqrt(96) + Math.sqrt(64));
    const found = spectralNorm(noise('noise', 96, 64));
    expect(found / expected).toBeGreaterThan(0.9);
    expect(found / expected).toBeLessThan(1.05);
  });
});

describe('statistics of weights', () => {
  const before = noise('weights', 32, 48);
  const problemOf = (after: Matrix) =>
    changeProblem([tensorChange({ name: 'down', before, after })])?.code ?? null;

  it('let trained weights pass', () => {
    const step = noise('step', 32, 48);
    const values = before.values.map((value, i) => value + 0.05 * step.values[i]);
    expect(problemOf({ ...before, values })).toBeNull();
  });

  it.each([
    ['the parent’s own', before, 'NO_CHANGE'],
    ['nine times as large', scaled(before, 9), 'WEIGHTS_OUT_OF_SHAPE'],
    ['nothing at all', scaled(before, 0), 'WEIGHTS_OUT_OF_SHAPE'],
    ['no numbers', scaled(before, NaN), 'WEIGHTS_OUT_OF_SHAPE'],
  ])('refuse weights that are %s', (_, after, code) => expect(problemOf(after)).toBe(code));

  it('refuse one weight that outweighs all', () => {
    const wide = noise('wide', 512, 256);
    const values = Float32Array.from(wide.values);
    values[7] = 900;
    const [change] = [tensorChange({ name: 'up', before: wide, after: { ...wide, values } })];
    expect(changeProblem([{ ...change, norm_ratio: 1, spectral_ratio: 1 }])?.code).toBe(
      'WEIGHTS_OUT_OF_SHAPE',
    );
  });

  it('let weights grow where there were none', () => {
    const nothing = { ...before, values: new Float32Array(32 * 48) };
    expect(changeProblem([tensorChange({ name: 'down', before: nothing, after: before })])).toBeNull();
  });
});

describe('likeness', () => {
  const [a, b, step] = ['a', 'b', 'step'].map((seed) => noise(seed, 64, 64).values);

  it('is one for a copy of any size, and nearly nothing for strangers', () => {
    expect(
      cosine(
        a,
        a.map((value) => value * 3),
      ),
    ).toBeCloseTo(1, 6);
    expect(Math.abs(cosine(a, b))).toBeLessThan(0.06);
    expect(cosine(a, new Float32Array(a.length))).toBe(0);
  });

  it('of relatives is that of what they changed', () => {
    const child = a.map((value, i) => value + 0.01 * step[i]);
    const other = a.map((value, i) => value + 0.01 * b[i]);
    expect(cosine(child, other)).toBeGreaterThan(0.99);
    expect(Math.abs(cosine(child, other, a))).toBeLessThan(0.06);
    expect(cosine(child, child, a)).toBeCloseTo(1, 6);
  });
});

describe('values of a block', () => {
  const tensor = (name: string, matrix: Matrix, offset: number) => {
    const { rows, columns } = matrix;
    const bytes = encodeTensorBlock({ dtype: 'f32', layout: 'rowMajor', rows, columns }, matrix.values);
    return { bytes, entry: { name, offset, length: bytes.length, rows, columns, dtype: 'f32' as const } };
  };
  const [first, second] = [noise('one', 6, 8), noise('two', 10, 8)];
  const up = tensor('up', first, 0);
  const down = tensor('down', second, up.bytes.length);
  const block: BlockContent = {
    payload: new Uint8Array([...up.bytes, ...down.bytes]),
    tensors: [up.entry, down.entry],
  };
  const all = [...first.values, ...second.values];

  it('are all of them where they are few', () => {
    expect([...vectorOf(block, 1_000, 3)]).toEqual(all);
    expect(matrixOf(block, 'down', 1_000)).toEqual(second);
    expect(matrixOf(block, 'gate', 1_000)).toBeNull();
  });

  it('are every n-th where they are many, from a place that the salt decides', () => {
    expect([...vectorOf(block, 32, 5)]).toEqual(all.filter((_, i) => i % 4 === 1));
    expect([...vectorOf(block, 32, 6)]).toEqual(all.filter((_, i) => i % 4 === 2));
    expect(matrixOf(block, 'down', 40)).toMatchObject({ rows: 5, columns: 8 });
  });
});

it('lets a contributor hand in as much as trust allows', () => {
  expect(checkQuota('new', 19).ok).toBe(true);
  expect(checkQuota('new', 20)).toMatchObject({ error: { code: 'SUBMISSION_QUOTA', status: 429 } });
  expect(checkQuota('trusted', 199).ok).toBe(true);
  expect(checkQuota('expert', 1_000).ok).toBe(false);
});
