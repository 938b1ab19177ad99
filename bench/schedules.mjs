// node bench/schedules.mjs [schedules] [first seed]: random schedules of requests, each on an engine of its own: arrivals, cancellations,
// streams, batch sizes, expert caches hot, cold and thrashing, shared beginnings or not, priorities, replays, guesses, five models (as
// Mixtral, as gpt-oss, with every part; 4, 8, 16 and 32 bits), the plain kernel or the one with joined operations, and, for every seventh,
// real threads. Every request must give the one commitment chain and the one list of experts that it gives alone on the plain kernel,
// every cancelled one the beginning of them. A schedule follows from its seed; on real threads the moments of arrival are the machine's.
import '../test/support/typescript-threads.mjs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Engine } from '../dist/src/inference/kernel/index.js';

const { scheduleSubjects } = await import('../test/support/schedule-subjects.ts');
const {
  drawSchedule,
  expectedFingerprints,
  judgeResults,
  randomNumbers,
  runSchedule,
  scheduledEngine,
  workOf,
} = await import('../test/support/schedules.ts');

const COUNT = Number(process.argv[2] ?? 2000);
const FIRST = Number(process.argv[3] ?? Date.now() % 1_000_000);
const MOST_THREADS = 4;
/** Every so many run on real threads. */
const THREADED = 7;
const kernelPath = fileURLToPath(new URL('../dist/kernel/kernel.wasm', import.meta.url));

const subjects = scheduleSubjects();
const expected = subjects.map(({ built, requests }) => expectedFingerprints(built, requests));
const folder = mkdtempSync(join(tmpdir(), 'stemma-schedules-'));
const wrong = [];
const total = { arrivals: 0, threaded: 0, joined: 0, plain: 0, beginnings: 0, hits: 0, evictions: 0 };
const models = Object.fromEntries(subjects.map(({ name }) => [name, 0]));
const started = performance.now();
console.log(`${COUNT} schedules, first seed ${FIRST}`);
try {
  const stored = subjects.map(({ built }) => storeModel(built));
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
    const schedule = drawSchedule(seed, subjects);
    const { subject, arrivals } = schedule;
    const isThreaded = seed % THREADED === 0;
    const outcome = isThreaded ? await onThreads(seed, schedule, stored[subject]) : alone(schedule);
    total.arrivals += arrivals.length;
    total.beginnings += outcome.beginnings;
    models[subjects[subject].name]++;
    for (const difference of outcome.differences) {
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
  JSON.stringify({
    ...{ schedules: COUNT, firstSeed: FIRST, ...total, models, seconds, wrong, good: wrong.length === 0 },
  }),
);
process.exitCode = wrong.length === 0 ? 0 : 1;

function storeModel({ model, payloads }) {
  const blocks = model.blocks.map((block) => ({ ...block, path: join(folder, block.payloadHash) }));
  for (const { name, path } of blocks) writeFileSync(path, payloads.get(name));
  return { ...model, blocks };
}

function alone(schedule) {
  const { subject, compilation } = schedule;
  const engine = scheduledEngine(subjects[subject].built, schedule);
  total[compilation]++;
  const outcome = runSchedule(engine, schedule, subjects[subject], expected[subject]);
  count(engine.stats());
  return outcome;
}

function count({ prefixCache, cache }) {
  total.hits += prefixCache.hits;
  total.evictions += cache.evictions;
}

async function onThreads(seed, { subject, compilation, limits, arrivals }, model) {
  total.threaded++;
  const random = randomNumbers(seed + 1);
  const threads = 1 + random(MOST_THREADS);
  const wanted = compilation === 'plain' ? { compilation } : {};
  const engine = await Engine.start({ threads, kernelPath, ...limits, ...wanted });
  total[engine.compilation.name]++;
  try {
    await engine.load(model);
    const running = [];
    for (const arrival of arrivals) {
      running.push(start(engine, workOf(arrival, subjects[subject], expected[subject])));
      if (arrival.wait > 0) await delay(arrival.wait);
      if (arrival.cancel !== null) running[arrival.cancel].cancel();
    }
    const results = await Promise.all(running.map(({ done }) => done));
    const stats = await engine.stats();
    if (stats.ok) count(stats.value);
    return judgeResults(arrivals, results, expected[subject]);
  } finally {
    await engine.stop();
  }
}

/** Replays on threads have nobody who cancels them: they go on to their end. */
function start(engine, { kind, ...request }) {
  if (kind === 'generate') return engine.generate(request, () => {});
  return { done: engine.replay(request), cancel: () => {} };
}
