import fc from 'fast-check';
import {
  decodeTensorHeader,
  encodeTensorBlock,
  fromHalf,
  planTensor,
  TensorBlock,
  toHalf,
  type TensorSpec,
} from './index.js';
import { unwrap } from '../../common/index.js';

const specs: fc.Arbitrary<TensorSpec> = fc.record({
  dtype: fc.constantFrom('f16', 'int8', 'f32'),
  layout: fc.constantFrom('rowMajor', 'tile16'),
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 70 }),
});
const values = (spec: TensorSpec, seed: number): Float32Array => {
  let state = seed >>> 0;
  return Float32Array.from({ length: spec.rows * spec.columns }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 4;
  });
};

/** Quantization written naively, per value, with its own rounding: an oracle for the tiled code. */
function naiveInt8(input: Float32Array, columns: number, row: number, column: number): number {
  const first = row * columns + (column - (column % 32));
  const block = [...input.subarray(first, Math.min(first + 32, (row + 1) * columns))];
  const scale = Math.fround(Math.max(...block.map(Math.abs)) / 127);
  if (scale === 0) return 0;
  const ratio = input[row * columns + column] / scale;
  const down = Math.floor(ratio);
  const rest = ratio - down;
  const rounded = rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
  return Math.fround(Math.min(127, Math.max(-127, rounded)) * scale);
}

/** The value of greatest magnitude is -8 steps, all are rounded to the nearest. */
function naiveInt4(block: Float32Array): Float32Array {
  const extreme = block.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  const step = extreme / -8;
  return block.map((value) => (step === 0 ? 0 : Math.max(-8, Math.min(7, Math.round(value / step))) * step));
}

function squaredError(values: Float32Array, kept: Float32Array): number {
  return values.reduce((sum, value, i) => sum + (value - kept[i]) ** 2, 0);
}

describe('TensorBlock', () => {
  it('gives back what was written, in every layout and any shape', () => {
    fc.assert(
      fc.property(specs, fc.integer(), (spec, seed) => {
        const input = values(spec, seed);
        const block = unwrap(TensorBlock.decode(encodeTensorBlock(spec, input)));
        const output = block.rows(0, spec.rows);
        for (let i = 0; i < input.length; i++) {
          const [row, column] = [Math.floor(i / spec.columns), i % spec.columns];
          const expected =
            spec.dtype === 'f32'
              ? input[i]
              : spec.dtype === 'f16'
                ? fromHalf(toHalf(input[i]))
                : naiveInt8(input, spec.columns, row, column);
          expect(output[i]).toBe(expected);
        }
        expect(block.checkValues().ok).toBe(true);
      }),
    );
  });

  it('keeps int4 no worse than plain rounding to 16 steps, and what fits them exactly', () => {
    const shape = { rows: fc.integer({ min: 1, max: 40 }), columns: fc.integer({ min: 1, max: 70 }) };
    fc.assert(
      fc.property(fc.record(shape), fc.integer(), fc.boolean(), (sides, seed, steps) => {
        const spec: TensorSpec = { dtype: 'int4', layout: 'tile16', ...sides };
        const input = values(spec, seed).map((value) => (steps ? Math.trunc(value * 3.9) / 4 + 0 : value));
        // the value of greatest magnitude is -8 steps, as in every block that 4 bits hold exactly
        if (steps)
          for (let i = 0; i < input.length; i += 1) if ((i % sides.columns) % 32 === 0) input[i] = -2;
        const block = unwrap(TensorBlock.decode(encodeTensorBlock(spec, input)));
        const output = block.rows(0, spec.rows);
        for (let i = 0; i < input.length; i++) {
          if (steps) expect(output[i]).toBe(input[i]);
          else expect(Math.abs(output[i] - input[i])).toBeLessThan(1);
        }
        for (let row = 0; row < sides.rows; row++) {
          for (let first = 0; first < sides.columns; first += 32) {
            const end = Math.min(first + 32, sides.columns);
            const [from, to] = [row * sides.columns + first, row * sides.columns + end];
            const block = input.subarray(from, to);
            const kept = squaredError(block, output.subarray(from, to));
            expect(kept).toBeLessThanOrEqual(squaredError(block, naiveInt4(block)) + 1e-6);
          }
        }
        expect(block.checkValues().ok).toBe(true);
      }),
    );
  });

  it('is refused as int4 in any layout but tiles', () => {
    const plan = planTensor({ dtype: 'int4', layout: 'rowMajor', rows: 4, columns: 64 });
    expect(!plan.ok && plan.error.code).toBe('TENSORBLOCK_UNSUPPORTED');
  });

  it('lays int8 tiles out as documented', () => {
    const spec: TensorSpec = { dtype: 'int8', layout: 'tile16', rows: 16, columns: 32 };
    const input = new Float32Array(512);
    for (let row = 0; row < 16; row++) {
      for (let column = 0; column < 32; column++)
        input[row * 32 + column] = ((row * 32 + column) % 255) - 127;
      input[row * 32] = 127;
    }
    const bytes = encodeTensorBlock(spec, input);
    const tile = new Int8Array(bytes.buffer, 128 + 64);
    expect(new Float32Array(bytes.buffer, 128, 16)).toEqual(new Float32Array(16).fill(1));
    for (const [row, column] of [
      [0, 0],
      [3, 1],
      [4, 0],
      [15, 31],
      [7, 14],
    ]) {
      const place = (column >> 2) * 64 + (row >> 2) * 16 + (row & 3) * 4 + (column & 3);
      expect(tile[place]).toBe(input[row * 32 + column]);
    }
  });

  const sample = () =>
    encodeTensorBlock({ dtype: 'f32', layout: 'rowMajor', rows: 2, columns: 3 }, new Float32Array(6));
  it.each([
    ['a cut header', (b: Uint8Array) => b.subarray(0, 100), 'TENSORBLOCK_TRUNCATED'],
    ['another magic', (b: Uint8Array) => set(b, 0, 0), 'TENSORBLOCK_MAGIC'],
    ['another version', (b: Uint8Array) => set(b, 8, 2), 'TENSORBLOCK_VERSION'],
    ['an unknown dtype', (b: Uint8Array) => set(b, 12, 9), 'TENSORBLOCK_UNSUPPORTED'],
    ['a dtype not read yet', (b: Uint8Array) => set(b, 12, 5), 'TENSORBLOCK_UNSUPPORTED'],
    ['no rows', (b: Uint8Array) => set(b, 16, 0), 'TENSORBLOCK_SHAPE'],
    ['absurd rows', (b: Uint8Array) => set(b, 23, 255), 'TENSORBLOCK_SHAPE'],
    ['more columns than data', (b: Uint8Array) => set(b, 24, 200), 'TENSORBLOCK_LENGTH'],
    ['column-major layout', (b: Uint8Array) => set(b, 32, 1), 'TENSORBLOCK_UNSUPPORTED'],
    ['floats with scales', (b: Uint8Array) => set(b, 36, 2), 'TENSORBLOCK_UNSUPPORTED'],
    ['a scale offset', (b: Uint8Array) => set(b, 40, 128), 'TENSORBLOCK_OFFSET'],
    ['an unaligned data offset', (b: Uint8Array) => set(b, 48, 129), 'TENSORBLOCK_OFFSET'],
    ['a Merkle offset', (b: Uint8Array) => set(b, 56, 64), 'TENSORBLOCK_OFFSET'],
    ['a reserved byte', (b: Uint8Array) => set(b, 127, 1), 'TENSORBLOCK_RESERVED'],
    ['missing data', (b: Uint8Array) => b.subarray(0, 140), 'TENSORBLOCK_LENGTH'],
    ['left-over data', (b: Uint8Array) => Uint8Array.from([...b, 0]), 'TENSORBLOCK_LENGTH'],
    ['padding that is not zero', (b: Uint8Array) => set(b, 191, 1), 'TENSORBLOCK_PADDING'],
  ])('refuses %s', (_, change, code) => {
    const result = decodeTensorHeader(change(sample()));
    expect(result.ok ? 'ok' : result.error.code).toBe(code);
  });

  it('finds values that are not finite', () => {
    for (const dtype of ['f32', 'f16', 'int8'] as const) {
      const input = new Float32Array(64);
      input[40] = Infinity;
      const bytes = encodeTensorBlock({ dtype, layout: 'tile16', rows: 2, columns: 32 }, input);
      const result = unwrap(TensorBlock.decode(bytes)).checkValues();
      expect(result.ok ? 'ok' : result.error.code).toBe('TENSORBLOCK_NOT_FINITE');
    }
  });
});

describe('binary16', () => {
  it('survives the way through float32 for every finite value', () => {
    for (let half = 0; half < 0x10000; half++) {
      if ((half & 0x7c00) !== 0x7c00) expect(toHalf(fromHalf(half))).toBe(half);
    }
  });

  it('rounds to nearest, ties to even', () => {
    expect(fromHalf(toHalf(1 + 2 ** -11))).toBe(1);
    expect(fromHalf(toHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(fromHalf(toHalf(2 ** -25))).toBe(0);
    expect(fromHalf(toHalf(65519))).toBe(65504);
    expect(fromHalf(toHalf(65520))).toBe(Infinity);
  });
});

function set(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}
