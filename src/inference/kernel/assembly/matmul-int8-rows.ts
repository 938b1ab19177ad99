// One row of int8 tiles (tile-int8.ts) for several rows of activations at once: a weight is widened once for all of them. What repeats here cannot
// be shared: locals are registers, arrays would be memory.

import { splat } from './math';
import { dot, scaleBytes, scaled, scales0, scales1, scales2, scales3, tileBytes } from './tile-int8';

/** 16 outputs each of two rows of activations: every weight is widened once for both. */
export function twoRows<S>(
  tile: usize, blocks: i32,
  integersA: usize, scalesA: usize, outputA: usize,
  integersB: usize, scalesB: usize, outputB: usize,
): void {
  let y0 = splat(0), y1 = y0, y2 = y0, y3 = y0;
  let z0 = splat(0), z1 = z0, z2 = z0, z3 = z0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
    let b0 = i32x4.splat(0), b1 = b0, b2 = b0, b3 = b0;
    let w = tile + scaleBytes<S>();
    for (const end = tile + tileBytes<S>(); w < end; w += 128) {
      let xA = v128.load32_splat(integersA);
      let xB = v128.load32_splat(integersB);
      let m = v128.load8x8_s(w);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      m = v128.load8x8_s(w, 8);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      m = v128.load8x8_s(w, 16);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      m = v128.load8x8_s(w, 24);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      xA = v128.load32_splat(integersA, 4);
      xB = v128.load32_splat(integersB, 4);
      m = v128.load8x8_s(w, 32);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      m = v128.load8x8_s(w, 40);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      m = v128.load8x8_s(w, 48);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      m = v128.load8x8_s(w, 56);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      xA = v128.load32_splat(integersA, 8);
      xB = v128.load32_splat(integersB, 8);
      m = v128.load8x8_s(w, 64);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      m = v128.load8x8_s(w, 72);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      m = v128.load8x8_s(w, 80);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      m = v128.load8x8_s(w, 88);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      xA = v128.load32_splat(integersA, 12);
      xB = v128.load32_splat(integersB, 12);
      m = v128.load8x8_s(w, 96);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      m = v128.load8x8_s(w, 104);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      m = v128.load8x8_s(w, 112);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      m = v128.load8x8_s(w, 120);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      integersA += 16;
      integersB += 16;
    }
    const sA = v128.load32_splat(scalesA);
    const sB = v128.load32_splat(scalesB);
    const weights0 = scales0<S>(tile);
    y0 = scaled(y0, a0, weights0, sA);
    z0 = scaled(z0, b0, weights0, sB);
    const weights1 = scales1<S>(tile);
    y1 = scaled(y1, a1, weights1, sA);
    z1 = scaled(z1, b1, weights1, sB);
    const weights2 = scales2<S>(tile);
    y2 = scaled(y2, a2, weights2, sA);
    z2 = scaled(z2, b2, weights2, sB);
    const weights3 = scales3<S>(tile);
    y3 = scaled(y3, a3, weights3, sA);
    z3 = scaled(z3, b3, weights3, sB);
    scalesA += 4;
    scalesB += 4;
    tile += tileBytes<S>();
  }
  v128.store(outputA, y0);
  v128.store(outputA, y1, 16);
  v128.store(outputA, y2, 32);
  v128.store(outputA, y3, 48);
  v128.store(outputB, z0);
  v128.store(outputB, z1, 16);
  v128.store(outputB, z2, 32);
  v128.store(outputB, z3, 48);
}

/** The same for three. */
export function threeRows<S>(
  tile: usize, blocks: i32,
  integersA: usize, scalesA: usize, outputA: usize,
  integersB: usize, scalesB: usize, outputB: usize,
  integersC: usize, scalesC: usize, outputC: usize,
): void {
  let y0 = splat(0), y1 = y0, y2 = y0, y3 = y0;
  let z0 = splat(0), z1 = z0, z2 = z0, z3 = z0;
  let u0 = splat(0), u1 = u0, u2 = u0, u3 = u0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
    let b0 = i32x4.splat(0), b1 = b0, b2 = b0, b3 = b0;
    let c0 = i32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    let w = tile + scaleBytes<S>();
    for (const end = tile + tileBytes<S>(); w < end; w += 64) {
      let xA = v128.load32_splat(integersA);
      let xB = v128.load32_splat(integersB);
      let xC = v128.load32_splat(integersC);
      let m = v128.load8x8_s(w);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      c0 = dot(c0, m, xC);
      m = v128.load8x8_s(w, 8);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      c1 = dot(c1, m, xC);
      m = v128.load8x8_s(w, 16);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      c2 = dot(c2, m, xC);
      m = v128.load8x8_s(w, 24);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      c3 = dot(c3, m, xC);
      xA = v128.load32_splat(integersA, 4);
      xB = v128.load32_splat(integersB, 4);
      xC = v128.load32_splat(integersC, 4);
      m = v128.load8x8_s(w, 32);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      c0 = dot(c0, m, xC);
      m = v128.load8x8_s(w, 40);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      c1 = dot(c1, m, xC);
      m = v128.load8x8_s(w, 48);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      c2 = dot(c2, m, xC);
      m = v128.load8x8_s(w, 56);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      c3 = dot(c3, m, xC);
      integersA += 8;
      integersB += 8;
      integersC += 8;
    }
    const sA = v128.load32_splat(scalesA);
    const sB = v128.load32_splat(scalesB);
    const sC = v128.load32_splat(scalesC);
    const weights0 = scales0<S>(tile);
    y0 = scaled(y0, a0, weights0, sA);
    z0 = scaled(z0, b0, weights0, sB);
    u0 = scaled(u0, c0, weights0, sC);
    const weights1 = scales1<S>(tile);
    y1 = scaled(y1, a1, weights1, sA);
    z1 = scaled(z1, b1, weights1, sB);
    u1 = scaled(u1, c1, weights1, sC);
    const weights2 = scales2<S>(tile);
    y2 = scaled(y2, a2, weights2, sA);
    z2 = scaled(z2, b2, weights2, sB);
    u2 = scaled(u2, c2, weights2, sC);
    const weights3 = scales3<S>(tile);
    y3 = scaled(y3, a3, weights3, sA);
    z3 = scaled(z3, b3, weights3, sB);
    u3 = scaled(u3, c3, weights3, sC);
    scalesA += 4;
    scalesB += 4;
    scalesC += 4;
    tile += tileBytes<S>();
  }
  v128.store(outputA, y0);
  v128.store(outputA, y1, 16);
  v128.store(outputA, y2, 32);
  v128.store(outputA, y3, 48);
  v128.store(outputB, z0);
  v128.store(outputB, z1, 16);
  v128.store(outputB, z2, 32);
  v128.store(outputB, z3, 48);
  v128.store(outputC, u0);
  v128.store(outputC, u1, 16);
  v128.store(outputC, u2, 32);
  v128.store(outputC, u3, 48);
}

/** The same for four: 8 sums of 256 bits, which is as many as there are registers for. */
export function fourRows<S>(
  tile: usize, blocks: i32,
  integersA: usize, scalesA: usize, outputA: usize,
  integersB: usize, scalesB: usize, outputB: usize,
  integersC: usize, scalesC: usize, outputC: usize,
  integersD: usize, scalesD: usize, outputD: usize,
): void {
  let y0 = splat(0), y1 = y0, y2 = y0, y3 = y0;
  let z0 = splat(0), z1 = z0, z2 = z0, z3 = z0;
  let u0 = splat(0), u1 = u0, u2 = u0, u3 = u0;
  let v0 = splat(0), v1 = v0, v2 = v0, v3 = v0;
  for (let block = 0; block < blocks; block++) {
    let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
    let b0 = i32x4.splat(0), b1 = b0, b2 = b0, b3 = b0;
    let c0 = i32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    let d0 = i32x4.splat(0), d1 = d0, d2 = d0, d3 = d0;
    let w = tile + scaleBytes<S>();
    for (const end = tile + tileBytes<S>(); w < end; w += 64) {
      let xA = v128.load32_splat(integersA);
      let xB = v128.load32_splat(integersB);
      let xC = v128.load32_splat(integersC);
      let xD = v128.load32_splat(integersD);
      let m = v128.load8x8_s(w);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      c0 = dot(c0, m, xC);
      d0 = dot(d0, m, xD);
      m = v128.load8x8_s(w, 8);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      c1 = dot(c1, m, xC);
      d1 = dot(d1, m, xD);
      m = v128.load8x8_s(w, 16);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      c2 = dot(c2, m, xC);
      d2 = dot(d2, m, xD);
      m = v128.load8x8_s(w, 24);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      c3 = dot(c3, m, xC);
      d3 = dot(d3, m, xD);
      xA = v128.load32_splat(integersA, 4);
      xB = v128.load32_splat(integersB, 4);
      xC = v128.load32_splat(integersC, 4);
      xD = v128.load32_splat(integersD, 4);
      m = v128.load8x8_s(w, 32);
      a0 = dot(a0, m, xA);
      b0 = dot(b0, m, xB);
      c0 = dot(c0, m, xC);
      d0 = dot(d0, m, xD);
      m = v128.load8x8_s(w, 40);
      a1 = dot(a1, m, xA);
      b1 = dot(b1, m, xB);
      c1 = dot(c1, m, xC);
      d1 = dot(d1, m, xD);
      m = v128.load8x8_s(w, 48);
      a2 = dot(a2, m, xA);
      b2 = dot(b2, m, xB);
      c2 = dot(c2, m, xC);
      d2 = dot(d2, m, xD);
      m = v128.load8x8_s(w, 56);
      a3 = dot(a3, m, xA);
      b3 = dot(b3, m, xB);
      c3 = dot(c3, m, xC);
      d3 = dot(d3, m, xD);
      integersA += 8;
      integersB += 8;
      integersC += 8;
      integersD += 8;
    }
    const sA = v128.load32_splat(scalesA);
    const sB = v128.load32_splat(scalesB);
    const sC = v128.load32_splat(scalesC);
    const sD = v128.load32_splat(scalesD);
    const weights0 = scales0<S>(tile);
    y0 = scaled(y0, a0, weights0, sA);
    z0 = scaled(z0, b0, weights0, sB);
    u0 = scaled(u0, c0, weights0, sC);
    v0 = scaled(v0, d0, weights0, sD);
    const weights1 = scales1<S>(tile);
    y1 = scaled(y1, a1, weights1, sA);
    z1 = scaled(z1, b1, weights1, sB);
    u1 = scaled(u1, c1, weights1, sC);
    v1 = scaled(v1, d1, weights1, sD);
    const weights2 = scales2<S>(tile);
    y2 = scaled(y2, a2, weights2, sA);
    z2 = scaled(z2, b2, weights2, sB);
    u2 = scaled(u2, c2, weights2, sC);
    v2 = scaled(v2, d2, weights2, sD);
    const weights3 = scales3<S>(tile);
    y3 = scaled(y3, a3, weights3, sA);
    z3 = scaled(z3, b3, weights3, sB);
    u3 = scaled(u3, c3, weights3, sC);
    v3 = scaled(v3, d3, weights3, sD);
    scalesA += 4;
    scalesB += 4;
    scalesC += 4;
    scalesD += 4;
    tile += tileBytes<S>();
  }
  v128.store(outputA, y0);
  v128.store(outputA, y1, 16);
  v128.store(outputA, y2, 32);
  v128.store(outputA, y3, 48);
  v128.store(outputB, z0);
  v128.store(outputB, z1, 16);
  v128.store(outputB, z2, 32);
  v128.store(outputB, z3, 48);
  v128.store(outputC, u0);
  v128.store(outputC, u1, 16);
  v128.store(outputC, u2, 32);
  v128.store(outputC, u3, 48);
  v128.store(outputD, v0);
  v128.store(outputD, v1, 16);
  v128.store(outputD, v2, 32);
  v128.store(outputD, v3, 48);
}
