// The machine's read bandwidth: in WebAssembly with one and more threads, and in C where a compiler exists.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { compileAssembly, compileC } from './compile.mjs';

const MIB = 512;
const REPEATS = 12;
const PAGE = 65536;
const SHARED = ['--importMemory', '--sharedMemory', '--initialMemory', '2', '--maximumMemory', '65536'];

/** Bytes per second, best of several passes over half a gigabyte: `{ wasm1, wasm, c1, c }`, C null without a compiler. */
export async function measureBandwidth(threads) {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-bandwidth-'));
  try {
    const module = await compileAssembly('bandwidth', folder, SHARED);
    const [c1, c] = inC(folder, threads);
    return { wasm1: await inWebAssembly(module, 1), wasm: await inWebAssembly(module, threads), c1, c };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** All threads read their parts at the same time; a pass lasts from the first start to the last end. */
async function inWebAssembly(module, threads) {
  const pages = (MIB * 1024 * 1024) / PAGE;
  const memory = new WebAssembly.Memory({ initial: pages + 2, maximum: 65536, shared: true });
  new Uint8Array(memory.buffer).fill(1);
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const part = (MIB * 1024 * 1024) / threads;
  const passes = await Promise.all(
    Array.from({ length: threads }, (_, thread) => {
      const workerData = {
        module,
        memory,
        gate,
        threads,
        repeats: REPEATS,
        from: PAGE + thread * part,
        part,
      };
      const worker = new Worker(new URL('bandwidth-thread.mjs', import.meta.url), { workerData });
      return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    }),
  );
  const seconds = passes[0].map((_, i) => {
    const starts = passes.map((times) => times[i][0]);
    return (Math.max(...passes.map((times) => times[i][1])) - Math.min(...starts)) / 1000;
  });
  return (MIB * 1024 * 1024) / Math.min(...seconds);
}

function inC(folder, threads) {
  const program = compileC('bandwidth', folder);
  if (program === null) return [null, null];
  const measure = (count) =>
    Number(execFileSync(program, [count, MIB, REPEATS].map(String), { stdio: ['ignore', 'pipe', 'ignore'] }));
  return [measure(1), measure(threads)];
}
