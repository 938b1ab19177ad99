// node bench/schedules.mjs [schedules] [first seed]: random schedules of requests, each on an engine of its own: arrivals, cancellations,
// streams, batch sizes, expert caches hot, cold and thrashing, shared beginnings or not, the plain kernel or the one with joined
// operations, and, for every tenth, real threads. Every request must give the one commitment chain and the one list of experts that it
// gives alone on the plain kernel. A schedule follows from its seed; on real threads the moments of arrival are the machine's.
import '../test/support/typescript-threads.mjs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Engine } from '../dist/src/inference/kernel/index.js';

const {
  drawSchedule,
  expectedFingerprints,
  fingerprint,
  randomNumbers,
  runSchedule,
  scheduledEngine,
  scheduleSubjects,
} = await import('../test/support/schedules.ts');

const COUNT = Number(process.argv[2] ?? 2000);
const FIRST = Number(process.argv[3] ?? Date.now() % 1_000_000);
const MOST_THREADS = 4;
const kernelPath = fileURLToPath(new URL('../dist/kernel/kernel.wasm', import.meta.url));

const { built, requests } = scheduleSubjects();
const expected = expectedFingerprints(built, requests);
const folder = mkdtempSync(join(tmpdir(), 'stemma-schedules-'));
const wrong = [];
const total = { arrivals: 0, threaded: 0, joined: 0, plain: 0, hits: 0, evictions: 0 };
const started = performance.now();
console.log(`${COUNT} schedules, first seed ${FIRST}`);
try {
  const model = storeModel();
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
    const schedule = drawSchedule(seed, built, requests.length);
    const found = seed % 10 === 0 ? await onThreads(seed, schedule, model) : alone(schedule);
    total.arrivals += schedule.arrivals.length;
    for (const difference of found) {
      wrong.push({ seed, difference });
      console.log(`seed ${seed}: ${difference}`);
    }
    const done = seed - FIRST + 1;
    if (done % 100 === 0 || done === COUNT) {
      console.log(`${done} of ${COUNT} schedules, ${total.arrivals} requests, ${wrong.length} differences`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(
  JSON.stringify({ schedules: COUNT, firstSeed: FIRST, ...total, seconds, wrong, good: wrong.length === 0 }),
);
process.exitCode = wrong.length === 0 ? 0 : 1;

function storeModel() {
  const blocks = built.model.blocks.map((block) => ({ ...block, path: join(folder, block.name) }));
  for (const { name, path } of blocks) writeFileSync(path, built.payloads.get(name));
  return { ...built.model, blocks };
}

function alone(schedule) {
  const engine = scheduledEngine(built, schedule);
  total[schedule.compilation]++;
  const found = runSchedule(engine, schedule, requests, expected);
  count(engine.stats());
  return found;
}

function count({ prefixCache, cache }) {
  total.hits += prefixCache.hits;
  total.evictions += cache.evictions;
}

async function onThreads(seed, { compilation, limits, arrivals }, model) {
  total.threaded++;
  const random = randomNumbers(seed + 1);
  const threads = 1 + random(MOST_THREADS);
  const wanted = compilation === 'plain' ? { compilation } : {};
  const engine = await Engine.start({ threads, kernelPath, ...limits, ...wanted });
  total[engine.compilation.name]++;
  try {
    await engine.load(model);
    const running = [];
    for (const { request, wait, cancel } of arrivals) {
      running.push(engine.generate(requests[request], () => {}));
      if (wait > 0) await delay(wait);
      if (cancel !== null) running[cancel].cancel();
    }
    const results = await Promise.all(running.map(({ done }) => done));
    const stats = await engine.stats();
    if (stats.ok) count(stats.value);
    return results.flatMap((result, i) => {
      if (!result.ok) return [`arrival ${i}: ${result.error.code}`];
      if (result.value.finish === 'cancelled') return [];
      const same = fingerprint(result.value) === expected[arrivals[i].request].fingerprint;
      return same ? [] : [`arrival ${i}, threads: other states or experts`];
    });
  } finally {
    await engine.stop();
  }
}
