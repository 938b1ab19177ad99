/**
 * The field of secp256k1: integers modulo p = 2^256 - 2^32 - 977, as ten limbs of 26 bits (the last of 22), little-endian,
 * each in 32 bits of memory. The representation is that of libsecp256k1's 10x26 field (Pieter Wuille). Results of `mul`,
 * `square` and `inverse` have limbs below 2^26 + 2; sums and differences may be larger, up to 2^29, and may be multiplied.
 */

/** Bytes of one element in memory. */
export const ELEMENT: usize = 40;

const MASK: u64 = 0x3ffffff;
/** 2^260 mod p, in two limbs. */
const FOLD0: u64 = 0x3d10;
const FOLD1: u64 = 0x400;
/** 2^256 mod p, in two limbs. */
const TOP0: u64 = 0x3d1;
const TOP1: u64 = 0x40;
/** The limbs of p. */
const P0: u64 = 0x3fffc2f;
const P1: u64 = 0x3ffffbf;
const P9: u64 = 0x3fffff;

// @ts-ignore: decorator of AssemblyScript
@inline
function limb(element: usize, i: usize): u64 {
  return load<u32>(element + (i << 2));
}

// @ts-ignore: decorator of AssemblyScript
@inline
function setLimb(element: usize, i: usize, value: u64): void {
  store<u32>(element + (i << 2), <u32>value);
}

/** r = a · b. */
export function mul(r: usize, a: usize, b: usize): void {
  const a0 = limb(a, 0);
  const a1 = limb(a, 1);
  const a2 = limb(a, 2);
  const a3 = limb(a, 3);
  const a4 = limb(a, 4);
  const a5 = limb(a, 5);
  const a6 = limb(a, 6);
  const a7 = limb(a, 7);
  const a8 = limb(a, 8);
  const a9 = limb(a, 9);
  const b0 = limb(b, 0);
  const b1 = limb(b, 1);
  const b2 = limb(b, 2);
  const b3 = limb(b, 3);
  const b4 = limb(b, 4);
  const b5 = limb(b, 5);
  const b6 = limb(b, 6);
  const b7 = limb(b, 7);
  const b8 = limb(b, 8);
  const b9 = limb(b, 9);
  const t0 = a0 * b0;
  const t1 = a0 * b1 + a1 * b0;
  const t2 = a0 * b2 + a1 * b1 + a2 * b0;
  const t3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  const t4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  const t5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  const t6 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  const t7 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  const t8 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  const t9 = a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + a9 * b0;
  const t10 = a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + a9 * b1;
  const t11 = a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + a9 * b2;
  const t12 = a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + a9 * b3;
  const t13 = a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + a9 * b4;
  const t14 = a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5;
  const t15 = a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6;
  const t16 = a7 * b9 + a8 * b8 + a9 * b7;
  const t17 = a8 * b9 + a9 * b8;
  const t18 = a9 * b9;
  reduce(r, t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16, t17, t18);
}

/** r = a². */
export function square(r: usize, a: usize): void {
  const a0 = limb(a, 0);
  const a1 = limb(a, 1);
  const a2 = limb(a, 2);
  const a3 = limb(a, 3);
  const a4 = limb(a, 4);
  const a5 = limb(a, 5);
  const a6 = limb(a, 6);
  const a7 = limb(a, 7);
  const a8 = limb(a, 8);
  const a9 = limb(a, 9);
  const d0 = a0 * 2;
  const d1 = a1 * 2;
  const d2 = a2 * 2;
  const d3 = a3 * 2;
  const d4 = a4 * 2;
  const d5 = a5 * 2;
  const d6 = a6 * 2;
  const d7 = a7 * 2;
  const d8 = a8 * 2;
  const t0 = a0 * a0;
  const t1 = d0 * a1;
  const t2 = d0 * a2 + a1 * a1;
  const t3 = d0 * a3 + d1 * a2;
  const t4 = d0 * a4 + d1 * a3 + a2 * a2;
  const t5 = d0 * a5 + d1 * a4 + d2 * a3;
  const t6 = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3;
  const t7 = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4;
  const t8 = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4;
  const t9 = d0 * a9 + d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5;
  const t10 = d1 * a9 + d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5;
  const t11 = d2 * a9 + d3 * a8 + d4 * a7 + d5 * a6;
  const t12 = d3 * a9 + d4 * a8 + d5 * a7 + a6 * a6;
  const t13 = d4 * a9 + d5 * a8 + d6 * a7;
  const t14 = d5 * a9 + d6 * a8 + a7 * a7;
  const t15 = d6 * a9 + d7 * a8;
  const t16 = d7 * a9 + a8 * a8;
  const t17 = d8 * a9;
  const t18 = a9 * a9;
  reduce(r, t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16, t17, t18);
}

/** Folds the nineteen columns of a product, each below 2^62, into one element. */
// @ts-ignore: decorator of AssemblyScript
@inline
function reduce(
  r: usize,
  t0: u64, t1: u64, t2: u64, t3: u64, t4: u64, t5: u64, t6: u64, t7: u64, t8: u64, t9: u64, t10: u64, t11: u64, t12: u64, t13: u64, t14: u64, t15: u64, t16: u64, t17: u64, t18: u64,
): void {
  t11 += t10 >> 26;
  t10 &= MASK;
  t12 += t11 >> 26;
  t11 &= MASK;
  t13 += t12 >> 26;
  t12 &= MASK;
  t14 += t13 >> 26;
  t13 &= MASK;
  t15 += t14 >> 26;
  t14 &= MASK;
  t16 += t15 >> 26;
  t15 &= MASK;
  t17 += t16 >> 26;
  t16 &= MASK;
  t18 += t17 >> 26;
  t17 &= MASK;
  const t19 = t18 >> 26;
  t18 &= MASK;
  const beyond = t19 * FOLD1;
  t0 += t10 * FOLD0 + beyond * FOLD0;
  t1 += beyond * FOLD1;
  t1 += t11 * FOLD0 + t10 * FOLD1;
  t2 += t12 * FOLD0 + t11 * FOLD1;
  t3 += t13 * FOLD0 + t12 * FOLD1;
  t4 += t14 * FOLD0 + t13 * FOLD1;
  t5 += t15 * FOLD0 + t14 * FOLD1;
  t6 += t16 * FOLD0 + t15 * FOLD1;
  t7 += t17 * FOLD0 + t16 * FOLD1;
  t8 += t18 * FOLD0 + t17 * FOLD1;
  t9 += t19 * FOLD0 + t18 * FOLD1;
  t1 += t0 >> 26;
  t0 &= MASK;
  t2 += t1 >> 26;
  t1 &= MASK;
  t3 += t2 >> 26;
  t2 &= MASK;
  t4 += t3 >> 26;
  t3 &= MASK;
  t5 += t4 >> 26;
  t4 &= MASK;
  t6 += t5 >> 26;
  t5 &= MASK;
  t7 += t6 >> 26;
  t6 &= MASK;
  t8 += t7 >> 26;
  t7 &= MASK;
  t9 += t8 >> 26;
  t8 &= MASK;
  const top = t9 >> 22;
  t9 &= P9;
  t0 += top * TOP0;
  t1 += top * TOP1 + (t0 >> 26);
  t0 &= MASK;
  t2 += t1 >> 26;
  t1 &= MASK;
  t3 += t2 >> 26;
  t2 &= MASK;
  setLimb(r, 0, t0);
  setLimb(r, 1, t1);
  setLimb(r, 2, t2);
  setLimb(r, 3, t3);
  setLimb(r, 4, t4);
  setLimb(r, 5, t5);
  setLimb(r, 6, t6);
  setLimb(r, 7, t7);
  setLimb(r, 8, t8);
  setLimb(r, 9, t9);
}

/** r = a - b; b must be a result of `mul`, `square`, `inverse` or `normalize`. */
export function subtract(r: usize, a: usize, b: usize): void {
  setLimb(r, 0, limb(a, 0) + 4 * P0 - limb(b, 0));
  setLimb(r, 1, limb(a, 1) + 4 * P1 - limb(b, 1));
  for (let i: usize = 2; i < 9; i++) setLimb(r, i, limb(a, i) + 4 * MASK - limb(b, i));
  setLimb(r, 9, limb(a, 9) + 4 * P9 - limb(b, 9));
}

/** r = a. */
export function copy(r: usize, a: usize): void {
  memory.copy(r, a, ELEMENT);
}

/** Makes limbs small again, with the value below 2^256 + 2^33 (not yet below p). */
export function weaken(a: usize): void {
  const top = limb(a, 9) >> 22;
  setLimb(a, 9, limb(a, 9) & P9);
  let carry = top * TOP0;
  for (let i: usize = 0; i < 10; i++) {
    const value = limb(a, i) + carry + (i === 1 ? top * TOP1 : 0);
    setLimb(a, i, i === 9 ? value : value & MASK);
    carry = value >> 26;
  }
}

/** Makes the element the one number below p that it stands for. */
export function normalize(a: usize): void {
  weaken(a);
  weaken(a);
  if (isAtLeastP(a)) {
    let carry: u64 = TOP0;
    for (let i: usize = 0; i < 10; i++) {
      const value = limb(a, i) + carry + (i === 1 ? TOP1 : 0);
      setLimb(a, i, i === 9 ? value & P9 : value & MASK);
      carry = value >> 26;
    }
  }
}

function isAtLeastP(a: usize): bool {
  if (limb(a, 9) !== P9) return limb(a, 9) > P9;
  for (let i: usize = 8; i >= 2; i--) if (limb(a, i) !== MASK) return false;
  if (limb(a, 1) !== P1) return limb(a, 1) > P1;
  return limb(a, 0) >= P0;
}

/** Whether the element stands for zero; it is normalized on the way. */
export function isZero(a: usize): bool {
  normalize(a);
  let any: u64 = 0;
  for (let i: usize = 0; i < 10; i++) any |= limb(a, i);
  return any === 0;
}

/** r = 1. */
export function setOne(r: usize): void {
  memory.fill(r, 0, ELEMENT);
  setLimb(r, 0, 1);
}

const chain = heap.alloc(6 * ELEMENT);
const x2 = chain;
const x3 = chain + ELEMENT;
const x22 = chain + 2 * ELEMENT;
const x44 = chain + 3 * ELEMENT;
const run = chain + 4 * ELEMENT;
const shifted = chain + 5 * ELEMENT;

/**
 * r = a^(p - 2) = 1 / a, for a other than zero (Fermat). r and a must not overlap. Powers a^(2^n - 1) are built up to
 * n = 223, the run of ones at the top of p - 2; the addition chain is that of libsecp256k1.
 */
export function inverse(r: usize, a: usize): void {
  extend(x2, a, a, 1);
  extend(x3, x2, a, 1);
  extend(run, x3, x3, 3);
  extend(run, run, x3, 3);
  extend(run, run, x2, 2);
  extend(x22, run, run, 11);
  extend(x44, x22, x22, 22);
  extend(run, x44, x44, 44);
  extend(r, run, run, 88);
  extend(r, r, x44, 44);
  extend(r, r, x3, 3);
  extend(r, r, x22, 23);
  extend(r, r, a, 5);
  extend(r, r, x2, 3);
  extend(r, r, a, 2);
}

/** r = a^(2^shift) · b; b and r may be the same as a. */
function extend(r: usize, a: usize, b: usize, shift: i32): void {
  copy(shifted, a);
  for (let i = 0; i < shift; i++) square(shifted, shifted);
  mul(r, shifted, b);
}

/** Reads 32 big-endian bytes. */
export function fromBytes(r: usize, bytes: usize): void {
  memory.fill(r, 0, ELEMENT);
  for (let bit: usize = 0; bit < 256; bit++) {
    const set = (load<u8>(bytes + 31 - (bit >> 3)) >> <u8>(bit & 7)) & 1;
    const at = bit / 26;
    setLimb(r, at, limb(r, at) | (<u64>set << (bit - at * 26)));
  }
}

/** Writes 32 big-endian bytes; the element is normalized on the way. */
export function toBytes(bytes: usize, a: usize): void {
  normalize(a);
  memory.fill(bytes, 0, 32);
  for (let bit: usize = 0; bit < 256; bit++) {
    const at = bit / 26;
    const set = <u8>((limb(a, at) >> (bit - at * 26)) & 1);
    const place = bytes + 31 - (bit >> 3);
    store<u8>(place, load<u8>(place) | (set << <u8>(bit & 7)));
  }
}
