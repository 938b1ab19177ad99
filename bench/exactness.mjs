// node bench/exactness.mjs [runs]: the same prompt, parameters, seed and salt 50 times, on 1 and 2 threads, beside 0 to 7 other
// streams, with a cache that holds everything and one that does not, cold and warm. All must give one list of commitments.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from './server.mjs';

const RUNS = Number(process.argv[2] ?? 50);
const SETUPS = [
  { INFERENCE_THREADS: '1', EXPERT_CACHE_MB: '64' },
  { INFERENCE_THREADS: '2', EXPERT_CACHE_MB: '64' },
  { INFERENCE_THREADS: '1', EXPERT_CACHE_MB: '4' },
  { INFERENCE_THREADS: '2', EXPERT_CACHE_MB: '4' },
];
const PROBE = {
  model: 'genesis',
  messages: [{ role: 'user', content: 'Tell me a story about a fox.' }],
  temperature: 0.9,
  top_p: 0.95,
  seed: 20261121,
  max_tokens: 120,
  receipt_salt: '5a'.repeat(32),
};
const OTHERS = [
  'Compute 17 + 25.',
  'What is Stemma?',
  'Tell me a story about an owl.',
  'Sort: pear, apple, fig.',
];

const dataDir = mkdtempSync(join(tmpdir(), 'stemma-exactness-'));
const chains = new Map();
let load = 0;
try {
  for (const [i, setup] of SETUPS.entries()) {
    const server = await startServer(dataDir, setup);
    const runs = Math.floor(RUNS / SETUPS.length) + (i < RUNS % SETUPS.length ? 1 : 0);
    try {
      for (let run = 0; run < runs; run++) await oneRun(server.url, run % 8);
    } finally {
      await server.stop();
    }
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
for (const [chain, count] of chains) console.log(`${String(count).padStart(4)} × ${chain.slice(0, 72)}…`);
console.log(`${RUNS} runs beside ${load} other answers: ${chains.size} commitment list(s)`);
console.log(
  JSON.stringify({ runs: RUNS, otherAnswers: load, commitmentLists: chains.size, good: chains.size === 1 }),
);
process.exitCode = chains.size === 1 ? 0 : 1;

/** The probe beside `others` streams that come and go. */
async function oneRun(url, others) {
  const around = Array.from({ length: others }, (_, i) => {
    const body = {
      ...PROBE,
      messages: [{ role: 'user', content: OTHERS[i % OTHERS.length] }],
      seed: load++,
      n: 1,
    };
    return ask(url, { ...body, receipt_salt: null });
  });
  const { receipt_id: id } = await ask(url, PROBE);
  await Promise.all(around);
  const { receipt } = await (await fetch(`${url}/v1/receipts/${id}`)).json();
  const chain = `${receipt.output.tokens} ${receipt.commitments.join(' ')}`;
  chains.set(chain, (chains.get(chain) ?? 0) + 1);
}

async function ask(url, body) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}
