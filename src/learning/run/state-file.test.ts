import { decodeState, encodeState } from './state-file.js';

const state = {
  ...{ step: 40, place: 1234, hash: 'ab'.repeat(32) },
  values: Float32Array.of(1, -2.5, Math.fround(1e-9), Infinity, 0),
};

describe('the file of a state', () => {
  it('holds all of it, wherever its bytes begin', () => {
    const bytes = encodeState(state);
    expect(decodeState(bytes)).toEqual(state);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeState(shifted.subarray(1))).toEqual(state);
  });

  it('is none when a byte of it is wrong or missing', () => {
    const bytes = encodeState(state);
    for (let i = 0; i < bytes.length; i++) {
      const broken = Uint8Array.from(bytes);
      broken[i] ^= 1;
      expect(decodeState(broken)).toBeNull();
      expect(decodeState(bytes.subarray(0, i))).toBeNull();
    }
  });
});
