// npm run bench api: what the API costs over the bare engine, on the genesis model and on shape M; the time to the first token;
// whether /health answers in time during generation; memory, with few answers and after eight at a time. SHAPES=genesis leaves out shape M (import of 1.1 GB).
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, runStemma, startServer } from '../server.mjs';
import { writeCheckpoint } from './checkpoint.mjs';
import { engineModels } from './engine-models.mjs';
import { residentMebibytes, watchHealth } from './probes.mjs';

const { Engine } = await import(`${root}dist/src/inference/kernel/index.js`);
const THREADS = Number(process.env.THREADS ?? Math.min(2, cpus().length));
/** Pairs of answers; the median of their ratios is the figure, as single pairs on a shared machine differ by a third. */
const ROUNDS = 15;
/** How long and beside how many answers /health is asked. */
const HEALTH_MS = 15_000;
const HEALTH_STREAMS = 8;
const CACHE = { EXPERT_CACHE_MB: '1024', INFERENCE_THREADS: String(THREADS) };
const PROMPT = 'Tell me a story about a fox and a hen.';

const wanted = (process.env.SHAPES ?? 'genesis,M').split(',');
const dataDir = mkdtempSync(join(tmpdir(), 'stemma-api-bench-'));
const figures = {};
try {
  const first = await startServer(dataDir, CACHE);
  await first.stop();
  if (wanted.includes('M')) importShapeM();
  const models = await engineModels(
    dataDir,
    wanted.map((name) => (name === 'M' ? 'shape-m' : name)),
  );
  for (const model of models) figures[model.name] = await measure(model);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
console.log(JSON.stringify(figures));

function importShapeM() {
  const folder = join(dataDir, 'shape-m');
  const started = performance.now();
  writeCheckpoint(folder);
  const done = runStemma(['import', folder, '--name', 'shape-m'], dataDir);
  if (done.code !== 0) throw new Error(`import ends with ${done.code}: ${done.stderr}`);
  rmSync(folder, { recursive: true });
  console.log(`shape M written and imported in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/** The same answer from the bare engine and through the API, by turns, so that both meet the same noise. */
async function measure({ name, engine: model, stopIds, promptIds }) {
  const server = await startServer(dataDir, CACHE);
  const engine = await Engine.start({
    threads: THREADS,
    kernelPath: `${root}dist/kernel/kernel.wasm`,
    expertCacheBytes: 2 ** 30,
    kvCacheBytes: 2 ** 28,
    maxStreams: 8,
  });
  try {
    const loaded = await engine.load(model);
    if (!loaded.ok) throw loaded.error;
    const tokens = name === 'genesis' ? 300 : 128;
    const request = { model, stopIds, promptIds, tokens };
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const bare = await askEngine(engine, request, round);
      const api = await askServer(server.url, name, tokens, round);
      if (api.tokens !== bare.tokens)
        throw new Error(`${api.tokens} tokens by API, ${bare.tokens} by the engine`);
      if (round > 0) rounds.push({ bare, api });
    }
    const median = (read) => rounds.map(read).sort((a, b) => a - b)[Math.floor(rounds.length / 2)];
    await engine.stop();
    const quiet = { residentMebibytes: residentMebibytes(server.pid) };
    const result = {
      ...quiet,
      ...(await healthUnderLoad(server.url, name, tokens)),
      tokens: median(({ bare }) => bare.tokens),
      bareTokensPerSecond: median(({ bare }) => (bare.tokens * 1000) / bare.ms),
      apiTokensPerSecond: median(({ api }) => (api.tokens * 1000) / api.ms),
      overheadPercent: median(({ api, bare }) => (api.ms / bare.ms - 1) * 100),
      overheadMs: median(({ api, bare }) => api.ms - bare.ms),
      firstTokenMs: median(({ api }) => api.firstMs),
      residentAfterLoadMebibytes: residentMebibytes(server.pid),
    };
    for (const [figure, value] of Object.entries(result))
      console.log(`${name.padEnd(8)} ${figure.padEnd(26)} ${value.toFixed(2)}`);
    return result;
  } finally {
    await engine.stop();
    await server.stop();
  }
}

/** Answers to /health while the server, alone on the machine, generates eight answers at a time. */
async function healthUnderLoad(url, name, tokens) {
  const until = performance.now() + HEALTH_MS;
  const client = async (seed) => {
    while (performance.now() < until) await askServer(url, name, tokens, seed++);
  };
  const health = watchHealth(url);
  await Promise.all(Array.from({ length: HEALTH_STREAMS }, (_, i) => client(i * 1000)));
  return { healthP99Ms: await health.stop() };
}

function sampling(seed) {
  const neutral = {
    topP: 1,
    topK: 0,
    minP: 0,
    repetitionPenalty: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
  };
  return { temperature: 1.5, ...neutral, seed };
}

async function askEngine(engine, { model, stopIds, promptIds, tokens }, seed) {
  const started = performance.now();
  const { release } = model;
  const request = { release, promptIds, maxTokens: tokens, stopIds, sampling: sampling(seed) };
  const result = await engine.generate(request, () => undefined).done;
  if (!result.ok) throw result.error;
  return { ms: performance.now() - started, tokens: result.value.tokens.length };
}

async function askServer(url, model, tokens, seed) {
  const started = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages: [{ role: 'user', content: PROMPT }],
      max_tokens: tokens,
      temperature: 1.5,
      top_p: 1,
      seed,
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  let firstMs = 0;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    if (firstMs === 0) firstMs = performance.now() - started;
    text += chunk;
  }
  const { usage } = JSON.parse(
    text
      .split('\n')
      .findLast((line) => line.includes('"choices":[]'))
      .slice('data: '.length),
  );
  return { ms: performance.now() - started, firstMs, tokens: usage.completion_tokens };
}
