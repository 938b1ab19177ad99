import fc from 'fast-check';
import { unwrap } from '../../common/index.js';
import { Random } from '../../datasets/generators/index.js';
import { BitReader, BitWriter } from './bits.js';
import { decodeDelta, encodeDelta, type Delta, type DeltaPlan, type DeltaShapes } from './delta-codec.js';
import { ErrorFeedback } from './error-feedback.js';
import { factorize, product } from './low-rank.js';
import { decodePlaces, encodePlaces } from './places.js';
import { dequantize, quantize, valueBytes } from './quantized-values.js';
import { largest } from './sparse.js';

type Shape = Readonly<{ rows: number; columns: number }>;
const random = (seed: string, count: number) => {
  const draws = new Random(seed);
  return Float32Array.from({ length: count }, () => draws.int(-1_000, 1_000) / 1_000);
};
const ROWS = 24;
const COLUMNS = 40;
const delta: Delta = new Map([
  ['gate', { rows: ROWS, columns: COLUMNS, values: random('gate', ROWS * COLUMNS) }],
  ['down', { rows: COLUMNS, columns: ROWS, values: random('down', ROWS * COLUMNS) }],
]);
const PLANS: readonly DeltaPlan[] = [
  { rank: 0, share: 0.1, bits: 8 },
  { rank: 0, share: 0.2, bits: 2 },
  { rank: 4, share: 0, bits: 8 },
  { rank: 2, share: 0.05, bits: 2 },
];

/** Share of the squared length that is lost. */
function lost(wanted: Float32Array, got: Float32Array): number {
  const square = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return square(wanted.map((value, i) => value - got[i])) / square(wanted);
}

describe('bits', () => {
  it('come back as they were written', () => {
    const numbers = fc.array(fc.tuple(fc.nat(2 ** 30 - 1), fc.integer({ min: 1, max: 30 })), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(numbers, (pairs) => {
        const writer = new BitWriter();
        for (const [value, count] of pairs) writer.write(value, count);
        const reader = new BitReader(writer.finish());
        for (const [value, count] of pairs) expect(reader.read(count)).toBe(value % 2 ** count);
        expect([reader.overrun, reader.restIsZero]).toEqual([false, true]);
        reader.read(8);
        expect(reader.overrun).toBe(true);
      }),
    );
  });
});

describe('places', () => {
  const size = 10_000;
  it('come back, in about as many bits as their entropy', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(size - 1), { maxLength: 200 }), (chosen) => {
        const places = Uint32Array.from(chosen).sort();
        const encoded = encodePlaces(places);
        expect(decodePlaces(encoded, places.length, size)).toEqual(places);
      }),
    );
    const every20th = Uint32Array.from({ length: 500 }, (_, i) => 20 * i + ((7 * i) % 20));
    // One place of twenty: H(1/20) * 20 = 5.73 bits.
    expect((encodePlaces(every20th).bytes.length * 8) / 500).toBeLessThan(6.5);
  });

  it('are refused where they are not exactly those of the format', () => {
    const { bytes, remainderBits } = encodePlaces(Uint32Array.of(3, 700, 9_999));
    const read = (changed: Uint8Array, bits = remainderBits, count = 3, most = size) =>
      decodePlaces({ bytes: changed, remainderBits: bits }, count, most);
    expect(read(bytes)).not.toBeNull();
    expect(read(bytes, remainderBits, 3, 9_999)).toBeNull();
    expect(read(bytes, remainderBits, 4)).toBeNull();
    expect(read(bytes.subarray(0, -1))).toBeNull();
    expect(read(Uint8Array.of(...bytes, 0))).toBeNull();
    expect(read(bytes, -1)).toBeNull();
    expect(read(bytes, 40)).toBeNull();
    expect(read(new Uint8Array(100_000).fill(255), 0, 1)).toBeNull();
  });
});

describe('quantized values', () => {
  it('are at most half a step off with 8 bits', () => {
    const values = random('values', 300);
    const got = dequantize(quantize(values, 8), 300, 8)!;
    const step = Math.max(...values.map(Math.abs)) / 127;
    values.forEach((value, i) => expect(Math.abs(value - got[i])).toBeLessThanOrEqual(step * 0.501));
  });

  it('keep sign and size with 2 bits', () => {
    const values = Float32Array.of(1, -1.1, 5, -5.2, 0.9, 4.8, 1);
    const bytes = quantize(values, 2);
    expect(bytes).toHaveLength(valueBytes(7, 2));
    const got = dequantize(bytes, 7, 2)!;
    expect([...got].map((value) => Number(value.toFixed(2)))).toEqual([1, -1, 5, -5, 1, 5, 1]);
  });

  it.each([8, 2] as const)('of zeros, and none, are fine with %i bits', (bits) => {
    expect([...dequantize(quantize(new Float32Array(3), bits), 3, bits)!].map(Math.abs)).toEqual([0, 0, 0]);
    expect(quantize(new Float32Array(0), bits)).toHaveLength(valueBytes(0, bits));
    const broken = quantize(Float32Array.of(1, 2, 3), bits);
    new DataView(broken.buffer).setFloat32(0, NaN, true);
    expect(dequantize(broken, 3, bits)).toBeNull();
  });
});

describe('the largest values', () => {
  it('are chosen by size, of equals the first', () => {
    const { places, values } = largest(Float32Array.of(1, -3, 2, 3, -2, 2), 4);
    expect([...places]).toEqual([1, 2, 3, 4]);
    expect([...values]).toEqual([-3, 2, 3, -2]);
    expect(largest(Float32Array.of(1, 2), 0).places).toHaveLength(0);
    expect([...largest(Float32Array.of(0, 0, 0), 2).places]).toEqual([0, 1]);
  });
});

describe('factors', () => {
  it('of a matrix that has their rank give it back', () => {
    const [a, b] = [random('a', 2 * ROWS), random('b', 2 * COLUMNS)];
    const given = {
      left: [a.subarray(0, ROWS), a.subarray(ROWS)],
      right: [b.subarray(0, COLUMNS), b.subarray(COLUMNS)],
    };
    const values = product(given, ROWS, COLUMNS);
    const matrix = { rows: ROWS, columns: COLUMNS, values };
    expect(lost(values, product(factorize(matrix, 2), ROWS, COLUMNS))).toBeLessThan(1e-6);
    expect(lost(values, product(factorize(matrix, 5), ROWS, COLUMNS))).toBeLessThan(1e-6);
    expect(lost(values, product(factorize(matrix, 1), ROWS, COLUMNS))).toBeGreaterThan(0.01);
  });
});

const REFUSALS = ['DELTA_FORMAT', 'UPDATE_NOT_FINITE'];

/** Where the single values of the last tensor begin. */
function lastScale(bytes: Uint8Array, { share, bits }: DeltaPlan): number {
  const { values } = [...delta.values()].at(-1)!;
  return bytes.length - valueBytes(Math.round(values.length * share), bits);
}

describe('an encoded delta', () => {
  it.each(PLANS)('comes back as near as its plan allows: %p', (plan) => {
    const bytes = encodeDelta(delta, plan);
    const got = unwrap(decodeDelta(bytes, delta));
    expect([...got.keys()]).toEqual([...delta.keys()]);
    for (const [name, { values }] of delta) {
      const share = lost(values, got.get(name)!.values);
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.95);
    }
    expect(encodeDelta(delta, plan)).toEqual(bytes);
  });

  it('is nearly all there when nearly all is sent', () => {
    const got = unwrap(decodeDelta(encodeDelta(delta, { rank: 0, share: 1, bits: 8 }), delta));
    for (const [name, { values }] of delta) expect(lost(values, got.get(name)!.values)).toBeLessThan(1e-4);
  });

  it('counts every byte on the wire', () => {
    // 96 places of 960 at 4.69 bits, 96 bytes of values and a scale, twice, and a header of some 250 bytes.
    expect(encodeDelta(delta, { rank: 0, share: 0.1, bits: 8 }).length).toBeLessThan(
      2 * (96 * 0.65 + 100) + 300,
    );
  });

  it.each(PLANS)('is refused with any byte changed in its header, cut or made longer: %p', (plan) => {
    const bytes = encodeDelta(delta, plan);
    const code = (changed: Uint8Array) => {
      const result = decodeDelta(changed, delta);
      return result.ok ? 'ok' : result.error.code;
    };
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), (length) => {
        expect(code(bytes.subarray(0, length))).toBe('DELTA_FORMAT');
      }),
    );
    expect(code(Uint8Array.of(...bytes, 0))).toBe('DELTA_FORMAT');
    const header = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true) + 12;
    fc.assert(
      fc.property(fc.nat(header - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(bytes);
        changed[at] ^= change;
        expect(REFUSALS).toContain(code(changed));
      }),
    );
  });

  it('is refused by name where a scale is no finite number', () => {
    for (const plan of PLANS) {
      const bytes = encodeDelta(delta, plan);
      const header = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true) + 12;
      // The first part of a plan without factors are the places; a scale is the first of the last tensor's values then.
      const at = plan.rank > 0 ? header : lastScale(bytes, plan);
      new DataView(bytes.buffer, bytes.byteOffset).setFloat32(at, NaN, true);
      expect(decodeDelta(bytes, delta)).toMatchObject({ error: { code: 'UPDATE_NOT_FINITE' } });
    }
  });

  it('never throws, whatever the bytes', () => {
    const bytes = encodeDelta(delta, PLANS[3]);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = value;
        const result = decodeDelta(changed, delta);
        expect(result.ok || REFUSALS.includes(result.error.code)).toBe(true);
      }),
    );
  });

  it('is refused when it is of other tensors than asked for', () => {
    const bytes = encodeDelta(delta, PLANS[0]);
    const { rows, columns } = delta.get('gate')!;
    const others: DeltaShapes[] = [
      new Map([['gate', { rows, columns }]]),
      new Map<string, Shape>([...delta, ['up', { rows, columns }]]),
      new Map<string, Shape>([...delta, ['gate', { rows: columns, columns: rows }]]),
    ];
    for (const shapes of others)
      expect(decodeDelta(bytes, shapes)).toMatchObject({ error: { code: 'DELTA_FORMAT' } });
  });
});

describe('error feedback', () => {
  it('sends in the end what one delta alone would have lost', () => {
    const plan: DeltaPlan = { rank: 0, share: 0.05, bits: 2 };
    const feedback = new ErrorFeedback(plan);
    const { values } = delta.get('gate')!;
    const nothing: Delta = new Map(
      [...delta].map(([name, matrix]) => [
        name,
        { ...matrix, values: new Float32Array(matrix.values.length) },
      ]),
    );
    const sum = new Float32Array(values.length);
    const shares: number[] = [];
    for (let round = 0; round < 60; round++) {
      const got = unwrap(decodeDelta(feedback.send(round === 0 ? delta : nothing), delta)).get(
        'gate',
      )!.values;
      got.forEach((value, i) => (sum[i] += value));
      shares.push(lost(values, sum));
    }
    expect(shares[0]).toBeGreaterThan(0.5);
    expect(shares.at(-1)).toBeLessThan(0.02);
  });
});
