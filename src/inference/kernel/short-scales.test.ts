import fc from 'fast-check';
import { createKernel } from '../../../test/support/engine.js';
import { unwrap } from '../../common/index.js';
import { encodeTensorBlock, HEADER_BYTES } from '../../experts/tensorblock/index.js';
import { KIND, recordBytes } from './abi.js';

const { fround } = Math;
const TILE_BYTES = 576;
const kernel = createKernel();
const { heap, exports } = kernel;
const single = new Float32Array(1);
const word = new Uint32Array(single.buffer);

/** A value cut to the 8 significant bits of a bfloat16. */
function cut(value: number): number {
  single[0] = value;
  word[0] &= 0xffff0000;
  return single[0];
}

function randomValues(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The tiles of a matrix, in memory of their own. */
function place(rows: number, columns: number, values: Float32Array): number {
  const bytes = encodeTensorBlock({ dtype: 'int8', layout: 'tile16', rows, columns }, values);
  const tiles = bytes.subarray(HEADER_BYTES);
  const address = unwrap(heap.allocate(tiles.length));
  heap.bytes(address, tiles.length).set(tiles);
  return address;
}

/** The first `rows` outputs for each of the activation records. */
function multiply(matrix: number, kind: number, rows: number, columns: number, records: number[]) {
  const outputs = records.map(() => unwrap(heap.allocate(rows * 4)));
  const inputs = unwrap(heap.allocate(records.length * 8));
  heap.words(inputs, records.length * 2).set([...records, ...outputs]);
  const list = inputs + records.length * 4;
  const wide = unwrap(heap.allocate(columns * 18));
  exports.matmul(matrix, kind, 0, rows / 16, columns, records.length, inputs, list, wide);
  const results = outputs.map((output) => [...heap.floats(output, rows)]);
  for (const address of [inputs, wide, ...outputs]) heap.release(address);
  return results;
}

describe('scales in 16 bits', () => {
  const shapes = fc.record({
    tiles: fc.integer({ min: 1, max: 5 }),
    blocks: fc.integer({ min: 1, max: 6 }),
    count: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(),
  });

  it('give the bits of scales in 32, however many rows of activations there are', () => {
    fc.assert(
      fc.property(shapes, ({ tiles, blocks, count, seed }) => {
        const [rows, columns] = [tiles * 16, blocks * 32];
        const values = randomValues(rows * columns, seed).map(cut);
        const records = Array.from({ length: count }, (_, row) => {
          const record = unwrap(heap.allocate(recordBytes(columns)));
          heap.floats(record, columns).set(randomValues(columns, seed + row + 1));
          exports.quantizeRecord(record, columns);
          return record;
        });
        const short = place(rows, columns, values);
        expect(exports.arrange!(short, tiles * blocks)).toBe(KIND.int8Short);
        // The same rows, and behind them one scale that has more bits: everything before it is taken back.
        const more = new Float32Array(rows * columns + 16 * columns);
        more.set(values);
        more[more.length - 1] = 1 / 3;
        const plain = place(rows + 16, columns, more);
        expect(exports.arrange!(plain, (tiles + 1) * blocks)).toBe(KIND.int8);
        const expected = multiply(plain, KIND.int8, rows, columns, records);
        expect(multiply(short, KIND.int8Short, rows, columns, records)).toEqual(expected);
        expect(expected.flat().some((value) => value !== 0)).toBe(true);
        for (const address of [short, plain, ...records]) heap.release(address);
      }),
      { numRuns: 40 },
    );
  });

  it('leave a matrix as it is where one scale has more bits, wherever it stands', () => {
    const [rows, columns] = [48, 64];
    for (const at of [0, 17 * columns + 40, rows * columns - 1]) {
      const values = randomValues(rows * columns, at).map(cut);
      values[at] = 4 / 3;
      const bytes = encodeTensorBlock({ dtype: 'int8', layout: 'tile16', rows, columns }, values);
      const matrix = place(rows, columns, values);
      expect(exports.arrange!(matrix, 6)).toBe(KIND.int8);
      const scales = (of: Uint8Array) =>
        Array.from({ length: 6 }, (_, tile) => [...of.subarray(tile * TILE_BYTES, tile * TILE_BYTES + 64)]);
      const found = scales(heap.bytes(matrix, 6 * TILE_BYTES));
      expect(found).toEqual(scales(bytes.subarray(HEADER_BYTES)));
      heap.release(matrix);
    }
  });

  it('are exact for every bfloat16 whose quotient is a normal number, and for powers of two', () => {
    const magnitudes = Array.from({ length: 0x7f80 }, (_, high) => {
      word[0] = high << 16;
      return single[0];
    });
    const powers = Array.from({ length: 240 }, (_, i) => 127 * 2 ** (i - 119));
    const large = magnitudes.filter((value) => value / 127 >= 2 ** -126 || value === 0);
    const all = [...large, ...powers];
    while (all.length % 16 !== 0) all.push(1);
    const matrix = unwrap(heap.allocate((all.length / 16) * TILE_BYTES));
    const floats = heap.floats(matrix, (all.length / 16) * (TILE_BYTES / 4));
    floats.fill(0);
    all.forEach((value, i) => (floats[(i >> 4) * (TILE_BYTES / 4) + (i & 15)] = fround(value / 127)));
    expect(exports.arrange!(matrix, all.length / 16)).toBe(KIND.int8Short);
    heap.release(matrix);
  });

  it.each([1e-45, -1e-45, 1.5e-38])('are not made of %p', (scale) => {
    const matrix = unwrap(heap.allocate(TILE_BYTES));
    heap.floats(matrix, TILE_BYTES / 4).fill(0)[5] = scale;
    expect(exports.arrange!(matrix, 1)).toBe(KIND.int8);
    expect(heap.floats(matrix, 16)[5]).toBe(fround(scale));
    heap.release(matrix);
  });
});
