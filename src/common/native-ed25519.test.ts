import { hexToBytes } from './index.js';
import { checkEd25519 } from './ed25519.js';
import { checkEd25519Native } from './native-ed25519.js';

/** RFC 8032 §7.1, tests 2 and 3: key, message, signature. */
const VECTORS = [
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
].map((vector) => vector.map((part) => hexToBytes(part)));
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

const flipped = (bytes: Uint8Array, bit: number) => {
  const copy = Uint8Array.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
};

/** The same signature with the group's order added to its second half: the equation holds, the encoding is forbidden. */
function withLargeScalar(signature: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(signature);
  let carry = ORDER;
  for (let i = 32; i < 64; i++) {
    const sum = BigInt(copy[i]!) + (carry & 0xffn);
    copy[i] = Number(sum & 0xffn);
    carry = (carry >> 8n) + (sum >> 8n);
  }
  return copy;
}

describe('the native check of Ed25519', () => {
  it('accepts the published vectors and nothing one bit away from them, as the portable one', () => {
    for (const [key, message, signature] of VECTORS) {
      expect(checkEd25519Native(signature!, message!, key!)).toBe(true);
      for (let bit = 0; bit < 512; bit += 37) {
        const wrong = flipped(signature!, bit);
        expect([bit, checkEd25519Native(wrong, message!, key!)]).toEqual([bit, false]);
        expect(checkEd25519(wrong, message!, key!)).toBe(false);
      }
      expect(checkEd25519Native(signature!, flipped(message!, 3), key!)).toBe(false);
      expect(checkEd25519Native(withLargeScalar(signature!), message!, key!)).toBe(false);
      expect(checkEd25519Native(signature!.subarray(1), message!, key!)).toBe(false);
      expect(checkEd25519Native(signature!, message!, key!.subarray(1))).toBe(false);
    }
  });

  it('judges keys of small order and encodings out of range as the portable one', () => {
    const message = Uint8Array.of(1, 2, 3);
    const zero = new Uint8Array(32);
    const points = [
      Uint8Array.from([1, ...zero.subarray(1)]),
      zero,
      Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xee : i === 31 ? 0x7f : 0xff)),
      Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xec : i === 31 ? 0x7f : 0xff)),
      new Uint8Array(32).fill(0xff),
    ];
    for (const key of points)
      for (const r of points) {
        const signature = Uint8Array.from([...r, ...zero]);
        expect(checkEd25519Native(signature, message, key)).toBe(checkEd25519(signature, message, key));
      }
  });
});
