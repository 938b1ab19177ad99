// node bench/schedules.mjs [schedules] [first seed] [--browser N]: random schedules of requests, each on an engine of its own: arrivals,
// cancellations, streams, batch sizes, expert caches hot, cold and thrashing, shared beginnings or not, priorities, replays, guesses, policies, six
// models (as Mixtral, as gpt-oss, with every part; 4, 8, 16 and 32 bits), the plain kernel or the one with joined operations, and, for every
// seventh, real threads. Every request must give the one commitment chain and the one list of experts that it gives alone on the plain
// kernel, every cancelled one the beginning of them. A schedule follows from its seed; on real threads the moments of arrival are the
// machine's. Beside N of them (where Chromium is installed every twentieth, at most 50; --browser 0: none) another one of the same seed
// runs, whose model, prompts and sampling are drawn too; a browser replays each of its whole answers.
import '../test/support/typescript-threads.mjs';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { Engine } from '../dist/src/inference/kernel/index.js';
import { expectFigure } from './aims.mjs';

const { BrowserReplays } = await import('../test/support/browser-replays.ts');
const { runInBrowser } = await import('../test/support/browser-schedules.ts');
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

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { browser: { type: 'string' } },
});
const COUNT = Number(positionals[0] ?? 2000);
const FIRST = Number(positionals[1] ?? Date.now() % 1_000_000);
const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const USUAL = existsSync(CHROMIUM) ? Math.min(50, Math.ceil(COUNT / 20)) : 0;
const IN_BROWSER = Math.min(COUNT, Number(options.browser ?? USUAL));
for (const number of [COUNT, FIRST, IN_BROWSER]) {
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error('schedules, first seed and N are whole numbers');
}
const MOST_THREADS = 4;
/** Streams at the same time from which on a schedule counts as crowded. */
const CROWD = 12;
/** From so many schedules on, everything that they are to meet must have been met. */
const LEAST_FOR_ALL = 200;
/** Every so many run on real threads. */
const THREADED = 7;
const kernelPath = fileURLToPath(new URL('../dist/kernel/kernel.wasm', import.meta.url));

const subjects = scheduleSubjects();
const expected = subjects.map(({ built, requests }) => expectedFingerprints(built, requests));
const wrong = [];
const total = {
  ...{ arrivals: 0, threaded: 0, joined: 0, plain: 0, beginnings: 0, hits: 0, evictions: 0 },
  ...{ crowded: 0, prefetched: 0, browserSchedules: 0, browserReplays: 0 },
};
const models = Object.fromEntries(subjects.map(({ name }) => [name, 0]));
const started = performance.now();
console.log(`${COUNT} schedules, first seed ${FIRST}, ${IN_BROWSER} more for a browser`);
const browser = IN_BROWSER > 0 ? await openBrowser() : null;
const folder = mkdtempSync(join(tmpdir(), 'stemma-schedules-'));
const stored = subjects.map(({ built }) => storeModel(built));
try {
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
    const done = seed - FIRST + 1;
    const differences = await onSubject(seed);
    if (isForBrowser(done)) differences.push(...(await inBrowser(seed)));
    for (const difference of differences) {
      wrong.push({ seed, difference });
      console.log(`seed ${seed}: ${difference}`);
    }
    if (done % 100 === 0 || done === COUNT) {
      console.log(
        `${done} of ${COUNT} schedules, ${total.arrivals} requests, ${total.browserReplays} replayed in a browser, ${wrong.length} differences`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
  await browser?.close();
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(
  JSON.stringify({
    ...{ schedules: COUNT, firstSeed: FIRST, ...total, models, seconds, wrong, good: wrong.length === 0 },
  }),
);
process.exitCode = wrong.length === 0 ? 0 : 1;
if (COUNT >= LEAST_FOR_ALL) {
  // Equal answers show nothing where nothing happened to them.
  for (const [name, figure] of Object.entries({ ...total, ...models })) {
    if (IN_BROWSER > 0 || !name.startsWith('browser')) expectFigure(name, figure, { least: 1 });
  }
}

/** Spreads the browser's schedules evenly over all. */
function isForBrowser(done) {
  return Math.floor((done * IN_BROWSER) / COUNT) > Math.floor(((done - 1) * IN_BROWSER) / COUNT);
}

async function openBrowser() {
  const launched = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const replays = await BrowserReplays.open(launched);
  return { replays, close: () => launched.close() };
}

async function inBrowser(seed) {
  const outcome = await runInBrowser(seed, browser.replays);
  total.arrivals += outcome.arrivals;
  total.beginnings += outcome.beginnings;
  total.browserSchedules++;
  total.browserReplays += outcome.replayed;
  return outcome.differences.map((difference) => `${outcome.name}: ${difference}`);
}

async function onSubject(seed) {
  const schedule = drawSchedule(seed, subjects);
  const { subject, arrivals } = schedule;
  const isThreaded = seed % THREADED === 0;
  const outcome = isThreaded ? await onThreads(seed, schedule, stored[subject]) : alone(schedule);
  total.arrivals += arrivals.length;
  total.beginnings += outcome.beginnings;
  models[subjects[subject].name]++;
  return [...outcome.differences];
}

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
  if (outcome.most >= CROWD) total.crowded++;
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
  const prefetch = random(2) === 0;
  if (prefetch) total.prefetched++;
  const experts = { ...limits.experts, prefetch };
  const engine = await Engine.start({ threads, kernelPath, ...limits, experts, ...wanted });
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
