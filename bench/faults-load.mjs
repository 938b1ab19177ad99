// npm run bench -- --faults-load [-- --only redis]: signed-in people call a real server without a pause while its own PostgreSQL, and a real
// Redis, are killed (SIGKILL) again and again. Counts what they were told, by code, and how long it took until nobody was refused any
// more; then compares the log with what was acknowledged: nothing may be lost, nothing done twice. Every call that changes something and
// was not acknowledged is repeated, as a client that wants its work done does. Linux. `redis-server` is left out, and said so,
// where it is not installed.
import { randomBytes } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ACCOUNT_SETTINGS, call, createAccounts } from './load/accounts.mjs';
import { freePort, startServer, until } from './server.mjs';

const CLIENTS = 12;
const KILLS = 3;
const RECOVER_S = 60;
/** How long everything has to go well again before a fault counts as over, and before the next one, ms. */
const CALM_MS = 5_000;
/** How long Redis stays away, ms; PostgreSQL is started again by the server itself. */
const AWAY_MS = 3_000;
const PAUSE_MS = 20;
const PROMPT = { model: 'genesis', prompt: '2+3=', max_tokens: 4 };

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : null;
const folders = [];
const results = {};
if (only !== 'redis') results['PostgreSQL killed'] = await underLoad(killPostgres);
if (only !== 'postgres') {
  if (spawnSync('redis-server', ['--version']).status === 0) results['Redis killed'] = await withRedis();
  else console.log('redis-server is not installed: its part is left out');
}
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
console.table(Object.fromEntries(Object.entries(results).map(([name, { figures }]) => [name, figures])));
for (const [name, { codes, problems }] of Object.entries(results)) {
  console.log(
    `${name}: ${Object.entries(codes)
      .map(([code, count]) => `${count} x ${code}`)
      .join(', ')}`,
  );
  for (const problem of problems) console.error(`FAIL ${name}: ${problem}`);
}
console.log(JSON.stringify(results));
process.exit(Object.values(results).every(({ problems }) => problems.length === 0) ? 0 : 1);

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'stemma-faults-load-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** A server under load while `kill` is done to it again and again. @returns the figures and what was not as it should be */
async function underLoad(kill, settings = {}) {
  const dataDir = newFolder();
  const environment = { ...ACCOUNT_SETTINGS, LOG_LEVEL: 'info', POSTGRES_DIR: newFolder(), ...settings };
  const server = await startServer(dataDir, environment);
  try {
    const load = startLoad(server.url, await createAccounts(server, CLIENTS));
    await delay(CALM_MS);
    const recoveries = [];
    for (let i = 0; i < KILLS; i++) recoveries.push(await recovery(load, () => kill(dataDir)));
    await load.stop();
    return await judge(server.url, load, recoveries);
  } catch (error) {
    return { figures: {}, codes: {}, problems: [`${error.message}\n${server.output().slice(-2000)}`] };
  } finally {
    await server.stop();
  }
}

/** Kills the server's own PostgreSQL, which it starts again. @returns what else has to be over */
async function killPostgres(dataDir) {
  const file = join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGKILL');
  return async () => true;
}

async function withRedis() {
  const port = await freePort();
  let redis = await startRedis(port);
  const kill = async () => {
    redis.kill('SIGKILL');
    await once(redis, 'exit');
    await delay(AWAY_MS);
    redis = await startRedis(port);
    return () => isUsed(port);
  };
  try {
    return await underLoad(kill, { REDIS_URL: `redis://127.0.0.1:${port}` });
  } finally {
    redis.kill('SIGKILL');
  }
}

async function startRedis(port) {
  const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', newFolder()];
  const child = spawn('redis-server', words, { stdio: 'ignore' });
  await until(() => asked(port, (redis) => redis.ping()), 20_000, 'a Redis that answers');
  return child;
}

/** Whether the server listens to the notices there and counts its requests there again. */
function isUsed(port) {
  return asked(
    port,
    async (redis) => (await redis.pubsub('CHANNELS')).length > 0 && (await redis.dbsize()) > 0,
  );
}

async function asked(port, question) {
  const redis = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await question(redis);
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}

/** Seconds from a fault to the last call that it made fail, and to the end of what `kill` says has to be over. */
async function recovery(load, kill) {
  const killed = performance.now();
  const isOver = await kill();
  const deadline = killed + 2 * RECOVER_S * 1000;
  let over = null;
  while (over === null || performance.now() - Math.max(over, load.lastFailure) < CALM_MS) {
    if (performance.now() > deadline) return Infinity;
    if (over === null && (await isOver())) over = performance.now();
    await delay(50);
  }
  // what is over at the first look has never been away
  return Math.max(0, (Math.max(over, load.lastFailure) - killed) / 1000);
}

/** People who call without a pause: reads, anchorings, steps of tasks, answers of the model. */
function startLoad(url, tokens) {
  const load = {
    ...{ codes: new Map(), lastFailure: 0, calls: 0 },
    ...{ hashes: new Set(), steps: new Set(), receipts: new Set() },
  };
  let stopped = false;
  /** Asks until it is acknowledged. */
  const ask = async (token, method, path, body, isDone = () => true) => {
    for (;;) {
      const [code, answer] = await attempt(url, token, method, path, body);
      load.calls++;
      load.codes.set(code, (load.codes.get(code) ?? 0) + 1);
      if (code !== 'ok') load.lastFailure = performance.now();
      else if (isDone(answer)) return answer;
      await delay(PAUSE_MS);
    }
  };
  const person = async (token) => {
    for (let i = 0; !stopped; i++) {
      await ask(token, 'GET', '/api/me');
      const hash = randomBytes(32).toString('hex');
      await ask(token, 'POST', '/write', { hash });
      load.hashes.add(hash);
      if (i % 5 === 0) await step(token, hash);
      if (i % 10 === 0) load.receipts.add((await ask(token, 'POST', '/v1/completions', PROMPT)).receipt_id);
      await delay(PAUSE_MS);
    }
  };
  const step = async (token, key) => {
    const body = { step_type: 'policy_check', parameters: { action_type: 'http_probe' }, key };
    const { task_id: id } = await ask(token, 'POST', '/execute', body, ({ state }) => state === 'completed');
    load.steps.add(id);
  };
  const people = tokens.map(person);
  load.stop = async () => {
    stopped = true;
    await Promise.all(people);
  };
  return load;
}

/** One call. @returns `ok`, or the code of the refusal or of the broken connection; and the answer */
async function attempt(url, token, method, path, body) {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = await response.json();
    return response.ok ? ['ok', answer] : [`${response.status} ${answer.code ?? answer.error?.code}`, answer];
  } catch (error) {
    return [error.cause?.code ?? error.name, null];
  }
}

/** Compares the log with what was acknowledged. */
async function judge(url, load, recoveries) {
  const leaves = await allLeaves(url);
  const counts = new Map();
  for (const { kind, subject, data } of leaves) {
    const name = kind === 'task.audit' ? `${kind} ${data.task} ${data.event}` : `${kind} ${subject}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const wanted = [
    ...[...load.hashes].map((hash) => `anchor ${hash}`),
    ...[...load.receipts].map((id) => `receipt ${id}`),
    ...[...load.steps].map((id) => `task.audit ${id} step.completed`),
    ...[...load.steps].map((id) => `task.audit ${id} task.completed`),
  ];
  const lost = wanted.filter((name) => !counts.has(name));
  const doubled = [...counts].filter(([name, count]) => count > 1 && isOnce(name)).map(([name]) => name);
  const unfit = recoveries.filter((seconds) => seconds > RECOVER_S);
  const { ok = 0, ...codes } = Object.fromEntries(load.codes);
  const created = leaves.filter(({ data }) => data.event === 'task.created').length;
  const figures = {
    ...{ kills: recoveries.length, calls: load.calls, answered: ok, refused: load.calls - ok },
    ...{ anchored: load.hashes.size, steps: load.steps.size, answers: load.receipts.size },
    ...{ lost: lost.length, doubled: doubled.length + created - load.steps.size },
    recoverySeconds: recoveries.map((seconds) => seconds.toFixed(1)).join(' '),
  };
  return {
    figures,
    codes,
    problems: [
      ...(unfit.length > 0 ? [`recovery took more than ${RECOVER_S} s`] : []),
      ...(load.hashes.size * load.steps.size * load.receipts.size === 0
        ? ['some kind of work was never done']
        : []),
      ...(codes['500 INTERNAL'] > 0 ? ['some were told INTERNAL instead of what was the matter'] : []),
      ...(created === load.steps.size
        ? []
        : [`${load.steps.size} tasks were asked for, ${created} were made`]),
      ...lost.slice(0, 10).map((name) => `acknowledged and lost: ${name}`),
      ...doubled.slice(0, 10).map((name) => `done twice: ${name}`),
    ],
  };
}

/** Whether a leaf of this name may be there once only; a step may begin twice, for it is begun again after a fault. */
function isOnce(name) {
  return /^(anchor|receipt) /.test(name) || / (task\.created|step\.completed|task\.completed)$/.test(name);
}

async function allLeaves(url) {
  const leaves = [];
  for (let cursor = ''; cursor !== null;) {
    const page = await call(url, 'GET', `/log/entries?limit=100${cursor && `&cursor=${cursor}`}`);
    leaves.push(...page.items);
    cursor = page.next_cursor;
  }
  return leaves;
}
