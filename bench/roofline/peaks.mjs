// The compute limit: the kernel's own inner loops over a matrix that stays in the cache.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KIND, recordBytes } from '../../dist/src/inference/kernel/abi.js';
import { createKernelMemory, Kernel } from '../../dist/src/inference/kernel/index.js';
import { compileKernel } from '../../dist/src/inference/kernel/node/compile-kernel.js';

const KERNEL = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));
const COLUMNS = 512;
/** 36 KiB of weights in 8 bit: first-level cache or just beyond. */
const TILES = 4;
const SECONDS = 0.25;

/** Multiply-adds per second of one thread: `{ int8x1, int8x16, f32x1, f32x16 }`, for one row of activations and for 16. */
export function measurePeaks() {
  const kernel = Kernel.create(compileKernel(readFileSync(KERNEL), true), createKernelMemory(), 1);
  const peak = (kind, rows) => multiplyAdds(kernel, kind, rows);
  return {
    ...{ int8x1: peak(KIND.int8, 1), int8x16: peak(KIND.int8, 16) },
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
  for (let row = 0; row < rows; row++) {
    const record = place(recordBytes(COLUMNS));
    exports.quantizeRecord(record, COLUMNS);
    heap.words(lists, rows * 2)[row] = record;
    heap.words(lists, rows * 2)[rows + row] = place(TILES * 64);
  }
  const run = (times) => {
    const started = performance.now();
    for (let i = 0; i < times; i++)
      exports.matmul(matrix, kind, 0, TILES, COLUMNS, rows, lists, lists + rows * 4);
    return (performance.now() - started) / 1000;
  };
  let times = 64;
  while (run(times) < SECONDS / 8) times *= 2;
  const best = Math.min(...Array.from({ length: 8 }, () => run(times)));
  return (times * TILES * 16 * COLUMNS * rows) / best;
}
