// node bench/eval-genesis.mjs [url or dtype]: asks the genesis model the 339 held-out examples, greedy, over the API, and counts exact
// matches per domain. The reference (F16 weights, float32 arithmetic) has 295; 8 bit must be within 4 of that.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStemma, startServer } from './server.mjs';

const REFERENCE = 295;
const TOLERANCE = 4;
const PARALLEL = 8;

const examples = readFileSync(new URL('../test/vectors/genesis/eval.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

const DTYPES = ['q4', 'q8', 'f16', 'f32'];
const dtype = DTYPES.includes(process.argv[2]) ? process.argv[2] : null;
const given = dtype === null ? process.argv[2] : undefined;
const dataDir = mkdtempSync(join(tmpdir(), 'stemma-eval-'));
const server = given === undefined ? await startServer(dataDir) : { url: given, stop: () => undefined };
try {
  if (dtype !== null) importAs(dtype);
  const started = performance.now();
  const matches = await runAll(server.url);
  const seconds = (performance.now() - started) / 1000;
  const domains = [...new Set(examples.map(({ domain }) => domain))];
  for (const domain of domains) {
    const indices = examples.flatMap((example, i) => (example.domain === domain ? [i] : []));
    console.log(`${domain.padEnd(12)} ${indices.filter((i) => matches[i]).length} / ${indices.length}`);
  }
  const total = matches.filter(Boolean).length;
  const good = Math.abs(total - REFERENCE) <= TOLERANCE;
  console.log(
    `together     ${total} / ${examples.length} (reference ${REFERENCE}) in ${seconds.toFixed(1)} s`,
  );
  console.log(JSON.stringify({ matches: total, examples: examples.length, reference: REFERENCE, good }));
  process.exitCode = good ? 0 : 1;
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** The genesis checkpoint once more, as another model. */
function importAs(kept) {
  const folder = fileURLToPath(new URL('../models/genesis', import.meta.url));
  const done = runStemma(['import', folder, '--name', `genesis-${kept}`, '--dtype', kept], dataDir);
  if (done.code !== 0) throw new Error(`the import exits ${done.code}: ${done.stderr}`);
}

async function runAll(url) {
  const matches = new Array(examples.length).fill(false);
  let next = 0;
  const worker = async () => {
    while (next < examples.length) {
      const i = next++;
      matches[i] = (await ask(url, examples[i].prompt)) === examples[i].completion;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return matches;
}

async function ask(url, content) {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: dtype === null ? 'genesis' : `genesis-${dtype}`,
      messages: [{ role: 'user', content }],
      temperature: 0,
      seed: 0,
    }),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).choices[0].message.content;
}
