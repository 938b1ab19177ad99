import fc from 'fast-check';
import { encodeTensorBlock, exactScale, TensorBlock, TensorBlockEncoder } from '../tensorblock/index.js';
import { concatBytes, unwrap } from '../../common/index.js';
import { widenMxfp4 } from './mxfp4.js';

/** The value of four bits, from sign, exponent (bias 1) and mantissa as the standard writes them. */
function valueOf(bits: number): number {
  const [sign, exponent, mantissa] = [bits & 8 ? -1 : 1, (bits >> 1) & 3, bits & 1];
  return sign * (exponent === 0 ? mantissa / 2 : (1 + mantissa / 2) * 2 ** (exponent - 1));
}

describe('MXFP4', () => {
  it('is widened exactly, the even element from the low half of its byte', () => {
    const blocks = Uint8Array.from({ length: 32 }, (_, i) => ((i * 7) % 256) ^ (i << 4));
    const out = new Float32Array(64);
    expect(widenMxfp4(blocks, Uint8Array.from([127, 130]), out)).toBe(-1);
    blocks.forEach((byte, i) => {
      const scale = i < 16 ? 1 : 8;
      expect(out[2 * i] === valueOf(byte & 15) * scale).toBe(true);
      expect(out[2 * i + 1] === valueOf(byte >> 4) * scale).toBe(true);
    });
  });

  it('keeps the smallest scale, and refuses what no float32 can hold', () => {
    const block = new Uint8Array(16).fill(0x17);
    const out = new Float32Array(32);
    expect(widenMxfp4(block, Uint8Array.from([0]), out)).toBe(-1);
    expect([out[0], out[1]]).toEqual([6 * 2 ** -127, 2 ** -128]);
    expect(widenMxfp4(block, Uint8Array.from([252]), out)).toBe(-1);
    expect(Number.isFinite(out[0])).toBe(true);
    expect(widenMxfp4(block, Uint8Array.from([253]), out)).toBe(0);
    expect(widenMxfp4(block, Uint8Array.from([255]), out)).toBe(0);
  });

  it('survives 8-bit storage without loss', () => {
    const matrices = fc.record({
      bytes: fc.uint8Array({ minLength: 16 * 40, maxLength: 16 * 40 }),
      scales: fc.uint8Array({ minLength: 40, maxLength: 40, max: 240 }),
      layout: fc.constantFrom('tile16' as const, 'rowMajor' as const),
    });
    fc.assert(
      fc.property(matrices, ({ bytes, scales, layout }) => {
        const values = new Float32Array(40 * 32);
        widenMxfp4(bytes, scales, values);
        const spec = { dtype: 'int8', layout, rows: 20, columns: 64 } as const;
        const encoder = unwrap(TensorBlockEncoder.create(spec, exactScale));
        const parts = [encoder.header()];
        for (const pass of encoder.passes) {
          parts.push(encoder.encode(pass, values.subarray(0, 16 * 64), 16).slice());
          parts.push(encoder.encode(pass, values.subarray(16 * 64), 4).slice(), encoder.endOfPass(pass));
        }
        const stored = unwrap(TensorBlock.decode(concatBytes(...parts)));
        expect(stored.rows(0, 20).every((value, i) => value === values[i])).toBe(true);
        expect(encodeTensorBlock(spec, values)).toHaveLength(stored.plan.length);
      }),
    );
  });
});
