// A model several times larger than its expert cache, read from files: loading against SHA-256 on one core, and answers with and
// without loading in the background. Pairs are interleaved; the figures are medians.
// node bench/expert-cache.mjs [repetitions] [tokens]
// Fails when verified loading is slower than 80 % of SHA-256 or a cache leaves its budget by more than 1 %.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKernelMemory, Engine, Kernel } from '../dist/src/inference/kernel/index.js';
import { compileKernel } from '../dist/src/inference/kernel/node/compile-kernel.js';
import { FileBlockSource } from '../dist/src/inference/kernel/node/file-source.js';
import { expectFigure } from './aims.mjs';
import { SHAPES, writeModel } from './engine/shapes.mjs';

const [, , repetitions = '5', tokens = '24'] = process.argv;
/** Speed of a verified load over that of SHA-256 alone. */
const LOAD_SHARE = 0.8;
/** Bytes in a cache over its budget. */
const BUDGET_SHARE = 1.01;
const kernelPath = fileURLToPath(new URL('../dist/kernel/kernel.wasm', import.meta.url));
const greedy = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
  ...{ presencePenalty: 0, frequencyPenalty: 0, seed: 0 },
};
const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};
/** 16 x 32 weights of 8 bits and 16 scales. */
const TILE_BYTES = 576;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

SHAPES.L = { ...SHAPES.M, ...{ hiddenSize: 768, expertHiddenSize: 1536, experts: 16, vocabSize: 8192 } };

/** Seconds of processor time per gigabyte: load of the machine does not count. */
function costOf(work, bytes) {
  const costs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6 / (bytes / 1e9);
  });
  return median(costs);
}

/** Reading, verifying, and putting into the kernel's order, beside hashing alone. Payloads are tiles but for their header. */
function loading(blocks) {
  const bytes = blocks.reduce((sum, { payloadSize }) => sum + payloadSize, 0);
  const largest = Math.max(...blocks.map(({ payloadSize }) => payloadSize));
  const kernel = Kernel.create(compileKernel(readFileSync(kernelPath), true), createKernelMemory(), 1);
  const address = unwrap(kernel.heap.allocate(largest));
  const target = kernel.heap.bytes(address, largest);
  const source = new FileBlockSource();
  const hash = costOf(() => {
    for (const { payloadSize } of blocks)
      createHash('sha256').update(target.subarray(0, payloadSize)).digest();
  }, bytes);
  const load = costOf(() => {
    for (const block of blocks) {
      unwrap(source.read(block, target.subarray(0, block.payloadSize)));
      kernel.exports.arrange(address, Math.floor(block.payloadSize / TILE_BYTES));
    }
  }, bytes);
  return { sha256GBs: 1 / hash, loadGBs: 1 / load, share: hash / load };
}

async function answer(engine, model, seed) {
  const promptIds = Array.from({ length: 4 }, (_, i) => (7 + seed * 131 + i * 37) % model.config.vocabSize);
  const request = {
    ...{ release: model.release, promptIds, maxTokens: Number(tokens), stopIds: [], sampling: greedy },
  };
  const { timings } = unwrap(await engine.generate(request, () => {}).done);
  return (Number(tokens) - 1) / (timings.decodeMs / 1000);
}

async function pair(model, threads, share) {
  const experts = model.blocks.filter(({ name }) => name.includes('expert'));
  const all = experts.reduce((sum, { payloadSize }) => sum + payloadSize, 0);
  const limits = { expertCacheBytes: Math.floor(all * share), kvCacheBytes: 2 ** 27, maxStreams: 2 };
  const speeds = { off: [], on: [] };
  const caches = {};
  const engines = {};
  for (const name of ['off', 'on']) {
    engines[name] = await Engine.start({
      threads,
      kernelPath,
      ...limits,
      experts: { prefetch: name === 'on' },
    });
    unwrap(await engines[name].load(model));
    await answer(engines[name], model, 0);
  }
  for (let i = 1; i <= Number(repetitions); i++) {
    for (const name of ['off', 'on']) speeds[name].push(await answer(engines[name], model, i));
  }
  for (const name of ['off', 'on']) {
    const { cache, foresight } = unwrap(await engines[name].stats());
    caches[name] = { cache, foresight };
    fullest = Math.max(fullest, cache.bytes / limits.expertCacheBytes);
    await engines[name].stop();
  }
  const [off, on] = [median(speeds.off), median(speeds.on)];
  const { cache, foresight } = caches.on;
  return {
    ...{ threads, share, off, on, ratio: on / off },
    hitRateOff: caches.off.cache.hits / (caches.off.cache.hits + caches.off.cache.misses),
    hitRateOn: cache.hits / (cache.hits + cache.misses),
    prefetched: cache.prefetched,
    prefetchUsed: cache.prefetchUsed / Math.max(1, cache.prefetched),
    precision: foresight.right / foresight.foretold,
    recall: foresight.right / foresight.used,
  };
}

let fullest = 0;
const folder = mkdtempSync(join(tmpdir(), 'stemma-cache-bench-'));
try {
  const model = writeModel('L', folder);
  const experts = model.blocks.filter(({ name }) => name.includes('expert'));
  const speed = loading(experts.slice(0, 32));
  console.log(
    `SHA-256 ${speed.sha256GBs.toFixed(2)} GB/s, verified load ${speed.loadGBs.toFixed(2)} GB/s of processor time, in the kernel's order (${(speed.share * 100).toFixed(0)} %)`,
  );
  const rows = [];
  const most = availableParallelism();
  for (const threads of [...new Set([Math.max(1, most - 1), most])]) {
    for (const share of [0.25, 0.5, 0.75]) {
      const row = await pair(model, threads, share);
      rows.push(row);
      console.log(
        `${threads} threads, cache ${share * 100} %: ${row.off.toFixed(1)} -> ${row.on.toFixed(1)} tokens/s (${row.ratio.toFixed(2)}), ` +
          `precision ${row.precision.toFixed(2)}, recall ${row.recall.toFixed(2)}, used ${row.prefetchUsed.toFixed(2)}`,
      );
    }
  }
  console.log(JSON.stringify({ cpu: cpus()[0].model, loading: speed, fullest, rows }));
  expectFigure('verified load over SHA-256', speed.share, { least: LOAD_SHARE });
  expectFigure('bytes in an expert cache over its budget', fullest, { most: BUDGET_SHARE });
} finally {
  rmSync(folder, { recursive: true });
}
