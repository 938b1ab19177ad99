// node bench/stop.mjs [drills]: how long an emergency stop takes until it holds in both of two replicas that share a database, by every
// way there is, while one of them answers questions and the other one is asked by guardians. The clock stops when both say so themselves,
// or when whoever was being asked by a step sees the connection cut. Each way is drilled so many times, and each drill counts: fails when
// the longest is above a second.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { unwrap } from '../dist/src/common/index.js';
import { loadConfig } from '../dist/src/config/index.js';
import { EmbeddedPostgres } from '../dist/src/database/index.js';
import { expectFigure, fail } from './aims.mjs';
import { call } from './load/accounts.mjs';
import { root, startServer, until } from './server.mjs';

/** Longest time any stop may take, ms. */
const ALLOWED_MS = 1_000;
const DRILLS = Number(process.argv[2] ?? 10);
/** A drill that has not come to its end by then never will, ms. */
const PATIENCE_MS = 60_000;
/** Between two looks at whether a stop holds, ms: what a drill may be measured too long by. */
const LOOK_MS = 5;
const ASKERS = 6;
const PROMPT = { model: 'genesis', prompt: 'Once upon a time', max_tokens: 24 };

const folder = mkdtempSync(join(tmpdir(), 'stemma-stop-'));
chmodSync(folder, 0o755);
const homes = ['database', 'first', 'second'].map((name) => join(folder, name));
for (const home of homes) mkdirSync(home, { mode: 0o755 });
const [databaseHome, firstHome, secondHome] = homes;

const settings = {
  PROBE_PRIVATE_ADDRESSES: 'true',
  // The load is wanted: it is neither an incident nor a reason to look.
  ...{ MONITORING_MINUTES: '0', HEALING: 'off', IMPORT_GENESIS: 'false' },
};
/** What runs, in the order in which it began: it ends in the other one. */
const running = [];
let first, second, hung, load;

const stopAt = (server) =>
  call(server.url, 'POST', '/api/guardian/emergency-stop', { body: { reason: 'drill' } });
const isStopped = async (server) => (await call(server.url, 'GET', '/api/guardian/state')).stopped === true;
const holdsIn = async (server, signal) => {
  while (!signal.aborted && !(await isStopped(server))) await delay(LOOK_MS);
};
const holdsInBoth = (signal) => Promise.all([holdsIn(first, signal), holdsIn(second, signal)]);

/**
 * Way → what stops, and what is waited for; `ready`: what has to be before; `begins`: what the clock waits for. What waits gives up
 * with its signal.
 */
const WAYS = {
  'API, which the button calls': { stop: () => stopAt(first), holds: holdsInBoth },
  'API of the other replica': { stop: () => stopAt(second), holds: holdsInBoth },
  'signal file': {
    stop: async () => writeFileSync(join(firstHome, 'STOP'), 'drill'),
    holds: holdsInBoth,
  },
  'command line, once it is loaded': { stop: stopByCommand, begins: signalled, holds: holdsInBoth },
  'API, until a running step is cut off': {
    ready: async () => {
      const parameters = { url: hung.url, timeout_ms: 30_000 };
      await call(second.url, 'POST', '/task/start', { body: { task_type: 'http_probe', parameters } });
      await until(() => hung.isAsked(), PATIENCE_MS, 'a running step');
    },
    stop: () => stopAt(first),
    holds: (signal) => hung.isCut(signal),
  },
};

const figures = {};
let answered;
try {
  await begin();
  await until(() => load.answers().every((count) => count > 2), PATIENCE_MS, 'load');
  for (const [way, drill] of Object.entries(WAYS)) {
    const before = load.answers();
    const drills = [];
    while (drills.length < DRILLS) drills.push(await drilled(way, drill));
    const times = drills.map(({ took }) => took).sort((a, b) => a - b);
    figures[way] = {
      drills: times.length,
      medianMs: Math.round(times[Math.floor(times.length / 2)]),
      longestMs: Math.round(times.at(-1)),
      loadingMs: Math.round(Math.max(...drills.map(({ loading }) => loading))),
    };
    if (!load.answers().every((count, i) => count > before[i])) fail(`nothing was answered during: ${way}`);
  }
  answered = load.answers().reduce((sum, count) => sum + count, 0);
} finally {
  // Each has its turn, whatever becomes of the others.
  for (const end of running.reverse()) await end().catch((thrown) => fail(String(thrown)));
  rmSync(folder, { recursive: true, force: true });
}
console.table(figures);
for (const [way, { longestMs }] of Object.entries(figures))
  expectFigure(`the longest stop (${way}), ms,`, longestMs, { most: ALLOWED_MS });
console.log(JSON.stringify({ ...figures, answered }));

/** Starts everything; what has begun is ended also where the next thing fails. */
async function begin() {
  const config = unwrap(loadConfig({ DATA_DIR: databaseHome }));
  const postgres = unwrap(await EmbeddedPostgres.start(config, {}, { max_connections: '120' }));
  running.push(() => postgres.stop());
  settings.DATABASE_URL = postgres.url;
  first = await startServer(firstHome, settings);
  running.push(() => ended(first));
  second = await startServer(secondHome, settings);
  running.push(() => ended(second));
  await importGenesis();
  hung = await hangingReceiver();
  running.push(async () => hung.close());
  load = startLoad([
    () => call(first.url, 'POST', '/v1/completions', { body: PROMPT }),
    () => call(second.url, 'GET', '/api/guardian/dashboard'),
  ]);
  // Asked to, not waited for: what a server that hangs does not answer ends with it.
  running.push(async () => void load.stop());
}

/** A server that does not end as it is told to is killed. */
async function ended(server) {
  await within(PATIENCE_MS, 'the end of a server', () => server.stop()).catch(async (thrown) => {
    await server.kill();
    throw thrown;
  });
}

/** What the work comes to. What is not done by then never will be: its signal ends it. */
async function within(ms, what, work) {
  const over = new AbortController();
  const late = delay(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`${what} takes more than ${ms} ms`);
  });
  try {
    return await Promise.race([work(over.signal), late]);
  } finally {
    over.abort();
  }
}

/** One drill: the stop until it holds; afterwards both go on. @returns how long that took, and what had to be loaded before, ms */
function drilled(way, { ready = async () => undefined, stop, begins = async () => undefined, holds }) {
  return within(PATIENCE_MS, `a drill (${way})`, async (signal) => {
    await ready();
    const asked = performance.now();
    // A stop that fails ends the drill at once: nothing else would come of waiting.
    const [began, held] = await Promise.all([
      begins(signal).then(() => performance.now()),
      holds(signal).then(() => performance.now()),
      stop(signal),
    ]);
    await call(first.url, 'POST', '/api/guardian/resume', { body: { reason: 'over' } });
    const goesOn = async () => !(await isStopped(first)) && !(await isStopped(second));
    await until(goesOn, PATIENCE_MS, 'both replicas to go on');
    return { took: held - began, loading: began - asked };
  });
}

/** Once both run: the second has none of its blocks, and would not be ready. */
async function importGenesis() {
  const response = await fetch(`${first.url}/models/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ folder: `${root}models/genesis`, name: 'genesis' }),
  });
  const text = await response.text();
  if (!response.ok || text.includes('"code"')) throw new Error(`${response.status} ${text.slice(-500)}`);
}

async function stopByCommand(signal) {
  const words = [`${root}bin/stemma.mjs`, 'stop-autonomy', '--reason', 'drill'];
  const command = spawn(process.execPath, words, {
    ...{ stdio: 'ignore', signal },
    env: { ...process.env, ...settings, DATA_DIR: firstHome },
  });
  const [code] = await once(command, 'exit');
  if (code !== 0) throw new Error(`stop-autonomy ends with ${code}`);
}

/** When the command has said what it has to say; before, Node.js loads it, which is nothing that a server can make faster. */
async function signalled(signal) {
  while (!signal.aborted && !existsSync(join(firstHome, 'STOP'))) await delay(1);
}

/** Whoever a step asks: the first time it gets no answer, the second time, after the stop, it does. */
async function hangingReceiver() {
  let asking = null;
  const known = new Set();
  const receiver = createServer((request, response) => {
    const key = request.headers['idempotency-key'];
    if (known.has(key)) return response.end('ok');
    known.add(key);
    asking = request.socket;
    request.socket.once('close', () => (asking = null));
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  return {
    url: `http://127.0.0.1:${receiver.address().port}/`,
    isAsked: () => asking !== null,
    isCut: async (signal) => once(asking, 'close', { signal }),
    close: () => {
      receiver.close();
      receiver.closeAllConnections();
    },
  };
}

/** Asks for each of these things as fast as it comes, several at a time. */
function startLoad(requests) {
  let on = true;
  const counts = requests.map(() => 0);
  const askers = requests.flatMap((request, i) =>
    Array.from({ length: ASKERS }, async () => {
      // A refusal is an answer, too; it must not make this loop a busy one.
      while (on)
        await request().then(
          () => counts[i]++,
          () => delay(LOOK_MS),
        );
    }),
  );
  return {
    answers: () => [...counts],
    stop: async () => {
      on = false;
      await Promise.all(askers);
    },
  };
}
