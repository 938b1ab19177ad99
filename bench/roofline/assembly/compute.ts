// Multiplies and adds as fast as WebAssembly can: pairs of 16-bit integers, or fours of 8-bit ones by relaxed SIMD; twelve sums in registers,
// nothing read from memory. Each sum is its own factor, so that no product can be taken out of the loop. Compiled by ../compile.mjs.

/** Does `times` * 12 * 8 multiply-adds by a factor, which no compiler knows; the result keeps them from being left out. */
export function multiply(times: i32, factor: i16): i32 {
  const y = i16x8.splat(factor);
  let a = i32x4(1, 2, 3, 4),
    b = i32x4.add(a, a),
    c = i32x4.add(a, b),
    d = i32x4.add(b, b),
    e = i32x4.add(a, d),
    f = i32x4.add(b, d),
    g = i32x4.add(c, d),
    h = i32x4.add(d, d),
    i = i32x4.add(a, h),
    j = i32x4.add(b, h),
    k = i32x4.add(c, h),
    l = i32x4.add(d, h);
  for (; times > 0; times--) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(a, y));
    b = i32x4.add(b, i32x4.dot_i16x8_s(b, y));
    c = i32x4.add(c, i32x4.dot_i16x8_s(c, y));
    d = i32x4.add(d, i32x4.dot_i16x8_s(d, y));
    e = i32x4.add(e, i32x4.dot_i16x8_s(e, y));
    f = i32x4.add(f, i32x4.dot_i16x8_s(f, y));
    g = i32x4.add(g, i32x4.dot_i16x8_s(g, y));
    h = i32x4.add(h, i32x4.dot_i16x8_s(h, y));
    i = i32x4.add(i, i32x4.dot_i16x8_s(i, y));
    j = i32x4.add(j, i32x4.dot_i16x8_s(j, y));
    k = i32x4.add(k, i32x4.dot_i16x8_s(k, y));
    l = i32x4.add(l, i32x4.dot_i16x8_s(l, y));
  }
  a = i32x4.add(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), i32x4.add(i32x4.add(e, f), i32x4.add(g, h)));
  a = i32x4.add(a, i32x4.add(i32x4.add(i, j), i32x4.add(k, l)));
  return i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1) + i32x4.extract_lane(a, 2) + i32x4.extract_lane(a, 3);
}

/** The same with `times` * 12 * 16 multiply-adds of 8-bit integers; `factor` is 0 to 127. */
export function multiplyBytes(times: i32, factor: i8): i32 {
  const y = i8x16.splat(factor);
  let a = i32x4(1, 2, 3, 4),
    b = i32x4.add(a, a),
    c = i32x4.add(a, b),
    d = i32x4.add(b, b),
    e = i32x4.add(a, d),
    f = i32x4.add(b, d),
    g = i32x4.add(c, d),
    h = i32x4.add(d, d),
    i = i32x4.add(a, h),
    j = i32x4.add(b, h),
    k = i32x4.add(c, h),
    l = i32x4.add(d, h);
  for (; times > 0; times--) {
    a = i32x4.relaxed_dot_i8x16_i7x16_add_s(a, y, a);
    b = i32x4.relaxed_dot_i8x16_i7x16_add_s(b, y, b);
    c = i32x4.relaxed_dot_i8x16_i7x16_add_s(c, y, c);
    d = i32x4.relaxed_dot_i8x16_i7x16_add_s(d, y, d);
    e = i32x4.relaxed_dot_i8x16_i7x16_add_s(e, y, e);
    f = i32x4.relaxed_dot_i8x16_i7x16_add_s(f, y, f);
    g = i32x4.relaxed_dot_i8x16_i7x16_add_s(g, y, g);
    h = i32x4.relaxed_dot_i8x16_i7x16_add_s(h, y, h);
    i = i32x4.relaxed_dot_i8x16_i7x16_add_s(i, y, i);
    j = i32x4.relaxed_dot_i8x16_i7x16_add_s(j, y, j);
    k = i32x4.relaxed_dot_i8x16_i7x16_add_s(k, y, k);
    l = i32x4.relaxed_dot_i8x16_i7x16_add_s(l, y, l);
  }
  a = i32x4.add(i32x4.add(i32x4.add(a, b), i32x4.add(c, d)), i32x4.add(i32x4.add(e, f), i32x4.add(g, h)));
  a = i32x4.add(a, i32x4.add(i32x4.add(i, j), i32x4.add(k, l)));
  return i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1) + i32x4.extract_lane(a, 2) + i32x4.extract_lane(a, 3);
}
