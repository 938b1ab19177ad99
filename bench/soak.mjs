// node bench/soak.mjs [minutes] [clients] [seed] [kinds]: a server on the genesis model under full load of every kind; errors, memory and /health.
// Linux only. The first fifth of the time warms up and does not count for memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import cliProgress from 'cli-progress';
import { residentMebibytes, residentParts } from './api/probes.mjs';
import { startServer } from './server.mjs';

const [, , minutes = '30', clients = '20', seed = String(Date.now() % 1e6), kinds = ''] = process.argv;
/** Growth of resident memory, from the third tenth's mean to the last's, that counts as flat. */
const FLAT = 0.03;
/** What memory is made of is looked at so often, seconds. */
const PARTS_EVERY_S = 15;
/** Of /health, ms. */
const HEALTH_P99_MS = 20;

const seconds = Number(minutes) * 60;
const dataDir = mkdtempSync(join(tmpdir(), 'stemma-soak-'));
const server = await startServer(dataDir, { LOG_LEVEL: 'error' });
const load = new Worker(new URL('soak-load.mjs', import.meta.url), {
  workerData: { url: server.url, clients: Number(clients), seed: Number(seed), kinds },
});
const stopped = new Promise((resolve, reject) => load.once('message', resolve).once('error', reject));
const bar = new cliProgress.SingleBar({ format: '{bar} {percentage} % | {value}/{total} s | {memory} MiB' });
bar.start(seconds, 0, { memory: '-' });
const [memory, health, parts] = [[], [], []];
const started = performance.now();
const elapsed = () => (performance.now() - started) / 1000;
let failed = null;
try {
  while (elapsed() < seconds) {
    const asked = performance.now();
    await (await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(5000) })).text();
    health.push(performance.now() - asked);
    memory.push({ at: elapsed(), mebibytes: residentMebibytes(server.pid) });
    if (elapsed() >= parts.length * PARTS_EVERY_S) parts.push(await memoryParts());
    bar.update(Math.floor(elapsed()), { memory: memory.at(-1).mebibytes.toFixed(0) });
    await sleep(20);
  }
} catch (error) {
  failed = String(error);
}
bar.stop();
load.postMessage('stop');
const counts = await stopped;
const output = server.output();
await server.stop();
rmSync(dataDir, { recursive: true, force: true });

/** What the server's memory is made of, MiB: where it grows, this says what did. */
async function memoryParts() {
  const { own, files } = residentParts(server.pid);
  const text = await (await fetch(`${server.url}/metrics`, { signal: AbortSignal.timeout(5000) })).text();
  const metric = (name) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1]) / 2 ** 20;
  const [kernel, kv, prefixes] = ['kernel_memory', 'kv_cache', 'prefix_cache'].map((name) =>
    metric(`stemma_${name}_bytes`),
  );
  const [heap, external] = ['nodejs_heap_size_total', 'nodejs_external_memory'].map((name) =>
    metric(`stemma_${name}_bytes`),
  );
  return { minute: elapsed() / 60, own, files, kernel, kv, prefixes, heap, external };
}

const meanBetween = (from, to) => {
  const part = memory.filter(({ at }) => at >= from * seconds && at < to * seconds);
  return part.reduce((sum, { mebibytes }) => sum + mebibytes, 0) / part.length;
};
const tenths = Array.from({ length: 10 }, (_, i) => Math.round(meanBetween(i / 10, (i + 1) / 10)));
const [early, late] = [meanBetween(0.2, 0.3), meanBetween(0.9, 1)];
health.sort((a, b) => a - b);
const at = (share) => health[Math.floor((health.length - 1) * share)];
const figures = {
  ...{ minutes: Number(minutes), clients: Number(clients), seed: Number(seed) },
  ...counts,
  memoryTenthsMiB: tenths,
  ...{ memoryEarlyMiB: early, memoryLateMiB: late, growth: late / early - 1 },
  ...{ healthP50Ms: at(0.5), healthP99Ms: at(0.99), healthMaxMs: at(1), probes: health.length, failed },
};
const good =
  failed === null &&
  counts.errors.length === 0 &&
  figures.growth <= FLAT &&
  figures.healthP99Ms <= HEALTH_P99_MS;
if (figures.growth > FLAT) {
  const rounded = (part) => Object.entries(part).map(([name, value]) => [name, Math.round(value * 10) / 10]);
  console.table(parts.map((part) => Object.fromEntries(rounded(part))));
}
console.table(counts.done);
if (output) console.log(output);
for (const error of counts.errors) console.log(error);
console.log(
  `${counts.requests} requests, ${counts.tokens} tokens, ${counts.errors.length} errors; memory ${early.toFixed(0)} MiB, ` +
    `at the end ${late.toFixed(0)} (${(figures.growth * 100).toFixed(1)} %, limit ${FLAT * 100} %); ` +
    `/health p99 ${figures.healthP99Ms.toFixed(1)} ms (limit ${HEALTH_P99_MS})`,
);
console.log(JSON.stringify(figures));
process.exit(good ? 0 : 1);
