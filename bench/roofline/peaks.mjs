// The compute limit: what the machine multiplies in registers, and the kernel's own inner loops over a matrix that stays in the cache.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KIND, recordBytes } from '../../dist/src/inference/kernel/abi.js';
import { createKernelMemory, Kernel } from '../../dist/src/inference/kernel/index.js';
import { compileKernel } from '../../dist/src/inference/kernel/node/compile-kernel.js';
import { compileAssembly, compileC } from './compile.mjs';

const KERNEL = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));
const COLUMNS = 512;
/** 36 KiB of weights in 8 bit: first-level cache or just beyond. */
const TILES = 4;
const SECONDS = 0.25;
/** Sums that assembly/compute.ts works on side by side; each takes 8 products at once, or 16 by relaxed SIMD. */
const SUMS = 12;
const PASSES = 12;

/**
 * Multiply-adds per second of one thread in registers: `{ wasm, relaxed, c, most }`, in WebAssembly (128 bits; V8 may join the kernel's to 256), by
 * its relaxed products of 8-bit integers, and as wide as the machine is; c null without a compiler.
 */
export async function measureComputing() {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-computing-'));
  try {
    const { exports } = new WebAssembly.Instance(await compileAssembly('compute', folder));
    const program = compileC('compute', folder);
    const c =
      program && Number(execFileSync(program, [String(PASSES)], { stdio: ['ignore', 'pipe', 'ignore'] }));
    const wasm = inRegisters(exports.multiply, 8);
    const relaxed = inRegisters(exports.multiplyBytes, 16);
    return { wasm, relaxed, c, most: Math.max(wasm, c ?? 0) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Multiply-adds of floats per second of one thread in registers, as wide as the machine is; null without a compiler. */
export function measureFloats() {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-floats-'));
  try {
    const program = compileC('floats', folder);
    if (program === null) return null;
    return Number(execFileSync(program, [String(PASSES)], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The best of several passes; the first ones run before the code is optimised. */
function inRegisters(multiply, products) {
  const times = 4e6;
  const seconds = Array.from({ length: PASSES }, () => {
    const started = performance.now();
    multiply(times, 3);
    return (performance.now() - started) / 1000;
  });
  return (times * SUMS * products) / Math.min(...seconds);
}

/** Multiply-adds per second of one thread: `{ int8x1, int8x16, f32x1, f32x16 }`, for one row of activations and for 16. */
export function measurePeaks() {
  const kernel = Kernel.create(compileKernel(readFileSync(KERNEL), true), createKernelMemory(), 1);
  const peak = (kind, rows) => multiplyAdds(kernel, kind, rows);
  return {
    ...{ int8x1: peak(KIND.int8Short, 1), int8x16: peak(KIND.int8Short, 16) },
    ...{ f32x1: peak(KIND.f32, 1), f32x16: peak(KIND.f32, 16) },
  };
}

function multiplyAdds({ heap, exports }, kind, rows) {
  const place = (bytes) => {
    const result = heap.allocate(bytes);
    if (!result.ok) throw result.error;
    heap.bytes(result.value, bytes).fill(0);
    return result.value;
  };
  const matrix = place(TILES * 16 * COLUMNS * 5);
  const lists = place(rows * 8);
  const wide = place(COLUMNS * 18);
  for (let row = 0; row < rows; row++) {
    const record = place(recordBytes(COLUMNS));
    exports.quantizeRecord(record, COLUMNS);
    heap.words(lists, rows * 2)[row] = record;
    heap.words(lists, rows * 2)[rows + row] = place(TILES * 64);
  }
  const run = (times) => {
    const started = performance.now();
    for (let i = 0; i < times; i++)
      exports.matmul(matrix, kind, 0, TILES, COLUMNS, rows, lists, lists + rows * 4, wide);
    return (performance.now() - started) / 1000;
  };
  let times = 64;
  while (run(times) < SECONDS / 8) times *= 2;
  const best = Math.min(...Array.from({ length: 8 }, () => run(times)));
  return (times * TILES * 16 * COLUMNS * rows) / best;
}
