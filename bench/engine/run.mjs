// The engine alone, without HTTP: decode with one and eight streams, prefill, first token, cold verified load.
// node bench/engine/run.mjs [shapes, e.g. S,M] [threads] [repetitions]
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../dist/src/inference/kernel/index.js';
import { multiplications, writeModel } from './shapes.mjs';

const [, , shapes = 'G,S,M', threads = String(availableParallelism()), repetitions = '10'] = process.argv;
const kernelPath = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));
const greedy = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
  ...{ presencePenalty: 0, frequencyPenalty: 0, seed: 0 },
};
const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};

async function answer(engine, model, prompt, maxTokens, seed) {
  const promptIds = Array.from(
    { length: prompt },
    (_, i) => (7 + seed * 131 + i * 37) % model.config.vocabSize,
  );
  const request = { release: model.release, promptIds, maxTokens, stopIds: [], sampling: greedy };
  return unwrap(await engine.generate(request, () => {}).done);
}

/** Best and median of several runs of `measure`, after one that warms up. */
async function repeat(measure) {
  await measure();
  const values = [];
  for (let i = 0; i < Number(repetitions); i++) values.push(await measure());
  values.sort((a, b) => b - a);
  return { best: values[0], median: values[values.length >> 1] };
}

async function measureShape(name, folder) {
  const model = writeModel(name, folder);
  const bytes = model.blocks.reduce((sum, block) => sum + block.payloadSize, 0);
  const limits = { expertCacheBytes: 2 ** 31, kvCacheBytes: 2 ** 28, maxStreams: 8, prefixCache: false };
  const engine = await Engine.start({ threads: Number(threads), kernelPath, ...limits });
  try {
    unwrap(await engine.load(model));
    const tokens = name === 'M' ? 32 : 64;
    const decode = await repeat(async () => {
      const { timings } = await answer(engine, model, 4, tokens, 1);
      return (tokens - 1) / (timings.decodeMs / 1000);
    });
    const decode8 = await repeat(async () => {
      const started = performance.now();
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => answer(engine, model, 4, tokens, seed)));
      return (8 * tokens) / ((performance.now() - started) / 1000);
    });
    const prefill = await repeat(async () => {
      const { timings } = await answer(engine, model, 256, 1, 3);
      return 256 / (timings.firstTokenMs / 1000);
    });
    const { cache } = unwrap(await engine.stats());
    const gmacs = (decode.best * multiplications(model.config)) / 1e9;
    const expertBytes = model.blocks.find((block) => block.name === 'layer0.expert0').payloadSize;
    return {
      ...{ shape: name, weightMB: bytes / 1e6, decode, decode8, prefill, gmacs, expertMB: expertBytes / 1e6 },
      ...{ firstLoadMs: cache.loadMs / cache.misses, coldLoadMs: await measureColdLoads(model, expertBytes) },
    };
  } finally {
    await engine.stop();
  }
}

/** Mean milliseconds of reading and verifying an expert into a slot that is used again: the cache holds three. */
async function measureColdLoads(model, expertBytes) {
  const limits = { expertCacheBytes: 3 * expertBytes, kvCacheBytes: 2 ** 28, maxStreams: 1 };
  const engine = await Engine.start({ threads: Number(threads), kernelPath, ...limits });
  try {
    unwrap(await engine.load(model));
    await answer(engine, model, 2, 6, 1);
    const { cache } = unwrap(await engine.stats());
    return cache.loadMs / cache.misses;
  } finally {
    await engine.stop();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'stemma-bench-'));
const results = [];
try {
  for (const name of shapes.split(',')) results.push(await measureShape(name, join(folder, name)));
} finally {
  rmSync(folder, { recursive: true });
}
const pair = ({ best, median }) => `${best.toFixed(0)} [${median.toFixed(0)}]`;
console.table(
  results.map((r) => ({
    shape: r.shape,
    'decode 1 tok/s': pair(r.decode),
    'decode 8 tok/s': pair(r.decode8),
    'prefill 256 tok/s': pair(r.prefill),
    'GMAC/s (1)': r.gmacs.toFixed(1),
    'expert MB': r.expertMB.toFixed(2),
    'cold load ms': `${r.coldLoadMs.toFixed(2)} (first ${r.firstLoadMs.toFixed(2)})`,
  })),
);
const machine = `${cpus()[0].model.trim()} x ${cpus().length}`;
console.log(JSON.stringify({ machine, node: process.version, threads: Number(threads), results }));
