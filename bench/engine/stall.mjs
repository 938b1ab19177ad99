// How long streams wait for their next token while a long prompt is read beside them, on shape M.
// node bench/engine/stall.mjs [threads] [streams] [prompt tokens] [rounds]
// Fails when the longest wait of all rounds is beyond 200 ms.
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Engine } from '../../dist/src/inference/kernel/index.js';
import { expectFigure } from '../aims.mjs';
import { SHAPES, writeModel } from './shapes.mjs';

const [, , threads = String(availableParallelism()), streams = '3', length = '4000', rounds = '3'] =
  process.argv;
/** Of a stream for its next token while others' prompts are read, ms. */
const LONGEST_GAP_MS = 200;
const kernelPath = fileURLToPath(new URL('../../dist/kernel/kernel.wasm', import.meta.url));
const sampling = {
  ...{ temperature: 0, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1 },
  ...{ presencePenalty: 0, frequencyPenalty: 0, seed: 0 },
};
const unwrap = (result) => {
  if (!result.ok) throw result.error;
  return result.value;
};
const ids = (count, seed) =>
  Array.from({ length: count }, (_, i) => (7 + seed * 131 + i * (37 + seed)) % 30000);

SHAPES.long = { ...SHAPES.M, maxPositions: 8192 };
const folder = mkdtempSync(join(tmpdir(), 'stemma-stall-'));
const results = [];
try {
  const model = writeModel('long', folder);
  const limits = { expertCacheBytes: 2 ** 31, kvCacheBytes: 2 ** 30, maxStreams: 8, prefixCache: false };
  const engine = await Engine.start({ threads: Number(threads), kernelPath, ...limits });
  try {
    unwrap(await engine.load(model));
    unwrap(await read(engine, model, 256, 99).done);
    for (let round = 0; round < Number(rounds); round++) results.push(await measure(engine, model, round));
  } finally {
    await engine.stop();
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.table(
  results.map((result) => ({
    'alone: longest gap ms': result.alone.longest.toFixed(0),
    'beside the prompt: longest gap ms': result.beside.longest.toFixed(0),
    'p99 ms': result.beside.p99.toFixed(0),
    'median ms': result.beside.median.toFixed(0),
    'prompt read in s': (result.besideMs / 1000).toFixed(1),
    'without streams in s': (result.aloneMs / 1000).toFixed(1),
  })),
);
const machine = `${cpus()[0].model.trim()} x ${cpus().length}`;
const longestGapMs = Math.max(...results.map(({ beside }) => beside.longest));
console.log(
  JSON.stringify({
    machine,
    threads: Number(threads),
    streams: Number(streams),
    length: Number(length),
    longestGapMs,
    good: longestGapMs <= LONGEST_GAP_MS,
    results,
  }),
);
expectFigure('longest wait of a stream, ms', longestGapMs, { most: LONGEST_GAP_MS });

function read(engine, model, count, seed) {
  const request = {
    release: model.release,
    promptIds: ids(count, seed),
    maxTokens: 1,
    stopIds: [],
    sampling,
  };
  return engine.generate(request, () => {});
}

async function measure(engine, model, round) {
  let started = performance.now();
  unwrap(await read(engine, model, Number(length), 1000 + round).done);
  const aloneMs = performance.now() - started;
  const arrivals = Array.from({ length: Number(streams) }, () => []);
  const running = arrivals.map((times, i) => {
    const request = { release: model.release, promptIds: ids(8, i), maxTokens: 8000, stopIds: [], sampling };
    return engine.generate(request, ({ type }) => type === 'token' && times.push(performance.now()));
  });
  const quiet = { from: performance.now() + 500, to: performance.now() + 3000 };
  await new Promise((resolve) => setTimeout(resolve, 3000));
  started = performance.now();
  unwrap(await read(engine, model, Number(length), 2000 + round).done);
  const besideMs = performance.now() - started;
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const generation of running) generation.cancel();
  await Promise.all(running.map(({ done }) => done));
  return {
    aloneMs,
    besideMs,
    alone: gaps(arrivals, quiet),
    beside: gaps(arrivals, { from: started, to: started + besideMs }),
  };
}

/** Times between two tokens of a stream; those that arrived in one message count once. */
function gaps(arrivals, { from, to }) {
  const all = arrivals.flatMap((times) => {
    const messages = times.filter(
      (time, i) => time >= from && time <= to && (i === 0 || time - times[i - 1] > 1),
    );
    return messages.slice(1).map((time, i) => time - messages[i]);
  });
  all.sort((a, b) => a - b);
  const at = (share) => all[Math.min(all.length - 1, Math.floor(all.length * share))];
  return { count: all.length, median: at(0.5), p99: at(0.99), longest: at(1) };
}
