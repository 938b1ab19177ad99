// node bench/crash.mjs [kills=200] [seed]: kills the server with SIGKILL at random moments while it generates, accepts
// blocks, anchors hashes and imports checkpoints; after every restart everything acknowledged must be there once, and fsck must be clean.
import { createHash, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStemma, startServer } from './server.mjs';

const kills = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? randomInt(1e9));
const checkpoint = fileURLToPath(new URL('../test/vectors/golden/mixtral-a', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'stemma-crash-'));
const acknowledged = { receipts: new Set(), releases: new Set(), hashes: new Set() };
/** Acknowledged before the kills already checked; looked at again at the very end. */
const checked = new Set();
const problems = [];
console.log(`${kills} kills, seed ${seed}`);

let draws = 0;
/** The next number of the seeded sequence, in [0, 1). */
const random = () => createHash('sha256').update(`${seed}/${draws++}`).digest().readUInt32LE(0) / 2 ** 32;

let server = await startServer(folder);
for (let kill = 0; kill < kills && problems.length === 0; kill++) {
  const work = new AbortController();
  const running = [
    generate(work.signal),
    generate(work.signal),
    stream(work.signal),
    anchor(work.signal),
    anchor(work.signal),
    importModel(`crash-${kill}`, work.signal),
  ];
  const lifetime = 20 + random() * 2500;
  await new Promise((resolve) => setTimeout(resolve, lifetime));
  await server.kill();
  work.abort();
  await Promise.all(running);
  checkStopped(kill);
  server = await startServer(folder);
  await checkServing(kill);
  if (kill % 10 === 9)
    console.log(
      `${kill + 1} kills: ${acknowledged.receipts.size} receipts and ${acknowledged.releases.size} releases and ${acknowledged.hashes.size} hashes acknowledged, ${problems.length} problems`,
    );
}
await checkServing(kills, true);
await server.stop();
checkStopped(kills);
if (problems.length === 0) rmSync(folder, { recursive: true, force: true });
else console.log(problems.join('\n'), `\ndata folder kept: ${folder}`);
console.log(
  JSON.stringify({
    kills,
    seed,
    receipts: acknowledged.receipts.size,
    releases: acknowledged.releases.size,
    hashes: acknowledged.hashes.size,
    problems: problems.length,
  }),
);
process.exit(problems.length === 0 ? 0 : 1);

/** Asks for answers until the server dies, remembering each acknowledged receipt. */
async function generate(signal) {
  while (!signal.aborted) {
    try {
      const response = await post(
        '/v1/completions',
        {
          model: 'genesis',
          prompt: `<|user|>What is ${Math.floor(random() * 90)} + 7?<|assistant|>`,
          max_tokens: 24,
        },
        signal,
      );
      if (response.ok) acknowledged.receipts.add((await response.json()).receipt_id);
    } catch {
      return;
    }
  }
}

/** The same through a stream: acknowledged once the last chunk has named the receipt. */
async function stream(signal) {
  while (!signal.aborted) {
    try {
      const response = await post(
        '/v1/chat/completions',
        {
          model: 'genesis',
          messages: [{ role: 'user', content: 'Tell me a story.' }],
          max_tokens: 80,
          stream: true,
        },
        signal,
      );
      let text = '';
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) text += chunk;
      if (text.includes('[DONE]')) acknowledged.receipts.add(/"receipt_id":"([^"]+)"/.exec(text)[1]);
    } catch {
      return;
    }
  }
}

/** Puts hashes into the log; each is acknowledged with its proof. */
async function anchor(signal) {
  while (!signal.aborted) {
    try {
      const hash = createHash('sha256').update(`${seed} ${random()}`).digest('hex');
      const response = await post('/write', { hash }, signal);
      const { leaf } = await response.json();
      if (response.ok && JSON.parse(leaf).hash === hash) acknowledged.hashes.add(hash);
    } catch {
      return;
    }
  }
}

/** Imports a small checkpoint under a new name. */
async function importModel(name, signal) {
  try {
    const response = await post('/models/import', { folder: checkpoint, name }, signal);
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const release = lines.at(-1)?.release;
    if (release) acknowledged.releases.add(typeof release === 'string' ? release : release.release);
  } catch {
    return;
  }
}

/** What was acknowledged since the last look is served; with `everything`, all that ever was. */
async function checkServing(kill, everything = false) {
  const wanted = [
    ...[...acknowledged.receipts].map((id) => `/v1/receipts/${id}`),
    ...[...acknowledged.releases].map((release) => `/chain/A/blocks/${release}`),
    ...[...acknowledged.hashes].map((hash) => `/verify/${hash}`),
  ].filter((path) => everything || !checked.has(path));
  for (const path of wanted) {
    const response = await fetch(server.url + path);
    if (!response.ok) problems.push(`after kill ${kill}: ${path} is missing (${response.status})`);
    await response.arrayBuffer();
    checked.add(path);
  }
}

/** fsck of the folder while no server runs on it. */
function checkStopped(kill) {
  const done = runStemma(['fsck', '--json'], folder);
  if (done.code !== 0)
    problems.push(
      `after kill ${kill}: fsck exits ${done.code}: ${done.stdout.slice(-2000)} ${done.stderr.slice(-2000)}`,
    );
}

function post(path, body, signal) {
  return fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
  });
}
