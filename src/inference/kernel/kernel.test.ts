import fc from 'fast-check';
import {
  createKernel,
  createEngine,
  randomModel,
  runWork,
  smallConfig,
} from '../../../test/support/engine.js';
import { ReferenceModel } from '../../../test/support/reference-model.js';
import { ok, unwrap } from '../../common/index.js';
import {
  encodeTensorBlock,
  HEADER_BYTES,
  TensorBlock,
  type TensorDtype,
} from '../../experts/tensorblock/index.js';
import { argmax, GREEDY } from '../sampler/index.js';
import { KIND, recordBytes } from './abi.js';
import type { WeightBlock } from './block-source.js';
import type { GenerateResult } from './requests.js';

const { fround } = Math;
const kernel = createKernel();
const { heap, exports } = kernel;

function randomValues(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Puts activation rows into memory, quantised by the kernel; returns the records' addresses. */
function placeRecords(rows: number, columns: number, seed: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const record = unwrap(heap.allocate(recordBytes(columns)));
    heap.floats(record, columns).set(randomValues(columns, seed + row));
    exports.quantizeRecord(record, columns);
    return record;
  });
}

function multiply(
  dtype: TensorDtype,
  bytes: Uint8Array,
  rows: number,
  columns: number,
  records: number[],
): Float32Array[] {
  const matrix = unwrap(heap.allocate(bytes.length));
  heap.bytes(matrix, bytes.length).set(bytes);
  const outputs = records.map(() => unwrap(heap.allocate(rows * 4 + 64)));
  const lists = unwrap(heap.allocate(records.length * 8));
  heap.words(lists, records.length).set(records);
  heap.words(lists + records.length * 4, records.length).set(outputs);
  const wide = unwrap(heap.allocate(columns * 18));
  const tiles = Math.ceil(rows / 16);
  const kind =
    dtype === 'int8' ? exports.arrange!(matrix + HEADER_BYTES, (tiles * columns) / 32) : KIND[dtype];
  const half = tiles >> 1;
  for (const [first, end] of [
    [0, half],
    [half, tiles],
  ]) {
    const inputs = lists;
    exports.matmul(
      matrix + HEADER_BYTES,
      kind,
      first,
      end,
      columns,
      records.length,
      inputs,
      lists + records.length * 4,
      wide,
    );
  }
  const results = outputs.map((output) => heap.floats(output, rows).slice());
  for (const address of [matrix, lists, wide, ...outputs]) heap.release(address);
  return results;
}

describe('kernel arithmetic', () => {
  it('has exp, ln, sin and cos within a few units of the last place', () => {
    fc.assert(
      fc.property(fc.double({ min: -80, max: 80, noNaN: true }), (x) => {
        expect(Math.abs(exports.exp4Test(fround(x)) / Math.exp(fround(x)) - 1)).toBeLessThan(4e-7);
        expect(Math.abs(exports.exp64(x) / Math.exp(x) - 1)).toBeLessThan(1e-14);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-5, max: 1e12, noNaN: true }), (x) => {
        expect(Math.abs(exports.log64(x) - Math.log(x))).toBeLessThan(
          1e-14 * Math.max(1, Math.abs(Math.log(x))),
        );
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (x) => {
        expect(Math.abs(exports.sin64(x, 0) - Math.sin(x))).toBeLessThan(1e-12);
        expect(Math.abs(exports.sin64(x, 1) - Math.cos(x))).toBeLessThan(1e-12);
      }),
    );
    expect([exports.exp64(0), exports.log64(1), exports.sin64(0, 0), exports.sin64(0, 1)]).toEqual([
      1, 0, 0, 1,
    ]);
  });

  it('quantises activations to the nearest integer of 127 steps per 32 columns', () => {
    const [record] = placeRecords(1, 96, 5);
    const values = heap.floats(record, 96);
    const integers = new Int16Array(heap.memory.buffer, record + 96 * 4, 96);
    const scales = heap.floats(record + 96 * 6, 3);
    for (let i = 0; i < 96; i++) {
      const block = values.slice(i & ~31, (i & ~31) + 32).map(Math.abs);
      expect(scales[i >> 5]).toBe(fround(Math.max(...block) / 127));
      expect(Math.abs(integers[i] - values[i] / scales[i >> 5])).toBeLessThanOrEqual(0.5001);
    }
  });

  it('finds the first of the greatest logits, and those that are not finite', () => {
    const place = unwrap(heap.allocate(400));
    const logit = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-0, -1e30, 1e30));
    const broken = fc.option(fc.tuple(fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity)));
    fc.assert(
      fc.property(fc.array(logit, { minLength: 1, maxLength: 90 }), broken, (logits, fault) => {
        heap.floats(place, 100).fill(1e35).set(logits);
        expect(exports.greatestAt(place, logits.length)).toBe(argmax(Float32Array.from(logits)));
        if (fault === null) return;
        heap.floats(place, 100)[fault[0] % logits.length] = fault[1];
        expect(exports.greatestAt(place, logits.length)).toBe(-1);
      }),
    );
    heap.release(place);
  });

  const shapes = fc.record({
    rows: fc.integer({ min: 1, max: 70 }),
    blocks: fc.integer({ min: 1, max: 6 }),
    count: fc.integer({ min: 1, max: 9 }),
    seed: fc.nat(),
  });

  it('multiplies 8-bit matrices to the bit as defined, for any number of rows at once', () => {
    fc.assert(
      fc.property(shapes, ({ rows, blocks, count, seed }) => {
        const columns = blocks * 32;
        const bytes = encodeTensorBlock(
          { dtype: 'int8', layout: 'tile16', rows, columns },
          randomValues(rows * columns, seed),
        );
        const weights = new DataView(bytes.buffer);
        const records = placeRecords(count, columns, seed + 1);
        const results = multiply('int8', bytes, rows, columns, records);
        records.forEach((record, j) => {
          const integers = new Int16Array(heap.memory.buffer, record + columns * 4, columns);
          const scales = heap.floats(record + columns * 6, blocks);
          for (let row = 0; row < rows; row++) {
            let sum = 0;
            for (let block = 0; block < blocks; block++) {
              const tile = HEADER_BYTES + ((row >> 4) * blocks + block) * 576;
              let dot = 0;
              for (let c = 0; c < 32; c++) {
                const place = tile + 64 + (c >> 2) * 64 + ((row & 15) >> 2) * 16 + (row & 3) * 4 + (c & 3);
                dot += weights.getInt8(place) * integers[block * 32 + c];
              }
              const scale = fround(weights.getFloat32(tile + (row & 15) * 4, true) * scales[block]);
              sum = fround(sum + fround(dot * scale));
            }
            expect(results[j][row]).toBe(sum);
          }
          heap.release(record);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('multiplies 4-bit matrices to the bit as defined, for any number of rows at once', () => {
    fc.assert(
      fc.property(shapes, ({ rows, blocks, count, seed }) => {
        const columns = blocks * 32;
        const bytes = encodeTensorBlock(
          { dtype: 'int4', layout: 'tile16', rows, columns },
          randomValues(rows * columns, seed),
        );
        const weights = new DataView(bytes.buffer);
        const records = placeRecords(count, columns, seed + 1);
        const results = multiply('int4', bytes, rows, columns, records);
        records.forEach((record, j) => {
          const integers = new Int16Array(heap.memory.buffer, record + columns * 4, columns);
          const scales = heap.floats(record + columns * 6, blocks);
          for (let row = 0; row < rows; row++) {
            let sum = 0;
            for (let block = 0; block < blocks; block++) {
              const tile = HEADER_BYTES + ((row >> 4) * blocks + block) * 320;
              let dot = 0;
              for (let c = 0; c < 32; c++) {
                const place =
                  tile + 64 + (c >> 3) * 64 + ((row & 15) >> 2) * 16 + (row & 3) * 4 + (c & 1) * 2;
                const nibble = (weights.getUint16(place, true) >> (((c & 7) >> 1) * 4)) & 15;
                dot += (nibble - 8) * integers[block * 32 + c];
              }
              const scale = fround(weights.getFloat32(tile + (row & 15) * 4, true) * scales[block]);
              sum = fround(sum + fround(dot * scale));
            }
            expect(results[j][row]).toBe(sum);
          }
          heap.release(record);
        });
      }),
      { numRuns: 40 },
    );
  });

  it.each(['f32', 'f16'] as const)('multiplies %s matrices to the bit as defined', (dtype) => {
    fc.assert(
      fc.property(shapes, ({ rows, blocks, count, seed }) => {
        const columns = blocks * 32;
        const bytes = encodeTensorBlock(
          { dtype, layout: 'tile16', rows, columns },
          randomValues(rows * columns, seed),
        );
        const weights = unwrap(TensorBlock.decode(bytes)).rows(0, rows);
        const records = placeRecords(count, columns, seed + 1);
        const results = multiply(dtype, bytes, rows, columns, records);
        records.forEach((record, j) => {
          const x = heap.floats(record, columns);
          for (let row = 0; row < rows; row++) {
            let sum = 0;
            for (let c = 0; c < columns; c++) sum = fround(sum + fround(weights[row * columns + c] * x[c]));
            expect(results[j][row]).toBe(sum);
          }
          heap.release(record);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('widens every finite binary16 exactly, subnormals too', () => {
    const halves = Array.from({ length: 0x10000 }, (_, i) => i).filter((half) => (half & 0x7c00) !== 0x7c00);
    const bytes = encodeTensorBlock(
      { dtype: 'f16', layout: 'tile16', rows: 16, columns: 32 },
      new Float32Array(512),
    );
    const [record] = placeRecords(1, 32, 1);
    heap.floats(record, 32).fill(0)[0] = 1;
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < halves.length; at += 16) {
      for (let row = 0; row < 16; row++) view.setUint16(HEADER_BYTES + row * 2, halves[at + row] ?? 0, true);
      const expected = unwrap(TensorBlock.decode(bytes));
      const [result] = multiply('f16', bytes, 16, 32, [record]);
      for (let row = 0; row < 16; row++) expect(result[row] === expected.at(row, 0)).toBe(true);
    }
    heap.release(record);
  });
});

describe('forward pass', () => {
  const configs = fc.record({
    hiddenSize: fc.constantFrom(32, 64, 96),
    layers: fc.integer({ min: 1, max: 3 }),
    experts: fc.integer({ min: 1, max: 9 }),
    expertHiddenSize: fc.constantFrom(32, 96, 160),
    kvHeads: fc.integer({ min: 1, max: 3 }),
    group: fc.constantFrom(2, 4),
    headDim: fc.constantFrom(16, 32, 48),
    vocabSize: fc.integer({ min: 5, max: 90 }),
    ropeTheta: fc.constantFrom(10000, 1e6),
    rmsEpsilon: fc.constantFrom(1e-5, 1e-6),
    length: fc.integer({ min: 1, max: 70 }),
    seed: fc.nat(),
  });

  it('agrees with a float64 reference on random shapes, unquantised', () => {
    fc.assert(
      fc.property(
        configs,
        fc.constantFrom('f32' as const, 'f16' as const),
        ({ length, seed, group, ...shape }, dtype) => {
          const expertsPerToken = 1 + (seed % shape.experts);
          const config = smallConfig({ ...shape, heads: group * shape.kvHeads, expertsPerToken });
          const built = randomModel(config, dtype, seed);
          const ids = Array.from({ length }, (_, i) => (seed + i * i) % config.vocabSize);
          const work = { kind: 'logits', release: built.model.release, ids } as const;
          const logits = unwrap(runWork(createEngine(built), work)) as Float32Array[];
          const expected = new ReferenceModel(built).logits(ids);
          logits.forEach((row, i) =>
            row.forEach((value, id) => expect(Math.abs(value - expected[i][id])).toBeLessThan(1e-3)),
          );
          expect(logits).toHaveLength(length);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('takes the experts with the lowest numbers where the router does not care', () => {
    const config = smallConfig();
    const built = randomModel(config, 'f32', 1);
    for (const layer of [0, 1]) {
      const block = built.model.blocks.find(({ name }) => name === `layer${layer}.router`)!;
      const { offset, length } = block.tensors.find(({ name }) => name === 'weight')!;
      built.payloads.get(block.name)!.fill(0, offset + HEADER_BYTES, offset + length);
    }
    const work = {
      ...{ kind: 'generate' as const, release: built.model.release, promptIds: [1, 2, 3] },
      ...{ maxTokens: 1, stopIds: [], sampling: GREEDY },
    } as const;
    const trusting = {
      read: (block: WeightBlock, target: Uint8Array) => {
        target.set(built.payloads.get(block.name)!);
        return ok();
      },
    };
    const { experts } = unwrap(runWork(createEngine(built, {}, trusting), work)) as GenerateResult;
    expect(experts.map(({ expert, tokens }) => [expert, tokens])).toEqual([
      [0, 3],
      [1, 3],
      [0, 1],
      [1, 1],
    ]);
  });
});
