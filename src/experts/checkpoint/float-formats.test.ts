import { fromHalf } from '../tensorblock/index.js';
import { firstBeyondHalf, widenToFloat32, type FloatDtype } from './float-formats.js';

const all = Uint16Array.from({ length: 0x10000 }, (_, word) => word);

function widenOne(dtype: FloatDtype, word: number): number | null {
  const into = new Float32Array(1);
  const bytes = new Uint8Array(Uint16Array.of(word).buffer);
  return widenToFloat32(dtype, bytes, into, 1) === -1 ? into[0] : null;
}

describe('widening', () => {
  it('of every f16 is its value, and refuses all that are not finite', () => {
    for (const half of all) {
      const value = fromHalf(half);
      const widened = widenOne('F16', half);
      if (Number.isFinite(value) ? !Object.is(widened, value) : widened !== null)
        throw new Error(`f16 ${half}: ${widened}`);
    }
  });

  it('of every BF16 is the f32 with the same upper half, and refuses all that are not finite', () => {
    const words = new Uint32Array(1);
    const value = new Float32Array(words.buffer);
    for (const brain of all) {
      words[0] = brain << 16;
      const expected = value[0];
      const widened = widenOne('BF16', brain);
      if (Number.isFinite(expected) ? !Object.is(widened, expected) : widened !== null)
        throw new Error(`bf16 ${brain}: ${widened}`);
    }
  });

  it.each<FloatDtype>(['F32', 'F16', 'BF16'])('of %s names the first value that is not finite', (dtype) => {
    const nan = { F32: [0, 0x7fc0], F16: [0x7e00], BF16: [0xff80] }[dtype];
    const words = new Uint16Array(nan.length * 8);
    words.set(nan, nan.length * 5);
    words.set(nan, nan.length * 6);
    expect(widenToFloat32(dtype, new Uint8Array(words.buffer), new Float32Array(8), 8)).toBe(5);
  });
});

it('finds the first value that f16 would round', () => {
  expect(firstBeyondHalf(Float32Array.of(0, -0, 1.5, 65504, 2 ** -24, -(2 ** -14)))).toBe(-1);
  for (const value of [0.1, 65520, 2 ** -25, 1 + 2 ** -11, 1e-30, 1e30]) {
    expect(firstBeyondHalf(Float32Array.of(1, value, value))).toBe(1);
  }
});
