// node bench/load/http.mjs [requests per second] [seconds]: how long authenticated API calls take while so many a second arrive,
// by a clock of their own: a late answer makes the ones behind it late as well, as it would for people. Half of the accounts send
// tokens of a session, half API keys; what is called, and how often, stands in MIX. Fails when an aim is missed.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuMs, databaseCpuMs } from '../api/probes.mjs';
import { startServer } from '../server.mjs';
import { ACCOUNT_SETTINGS, call, createAccounts } from './accounts.mjs';
import { Connection, prepare } from './http-client.mjs';

const RATE = Number(process.argv[2] ?? 3000);
const SECONDS = Number(process.argv[3] ?? 20);
/** Accounts of the tier `expert`, each with at most 6,000 requests a minute. */
const ACCOUNTS = 64;
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 5;
const ALONE = 300;

/** Aim at 3,000 requests a second: 99 of 100 are answered within this, ms. */
const P99_MS = 50;
/** Share of the rate that has to be answered for it to count as held. */
const HELD = 0.99;

/** One answer in so many is read and checked, the others are counted by their status. */
const CHECKED = 50;

const hasItems = ({ items }) => Array.isArray(items);
/** Share of the calls, in percent, what is called, and what its answer must be. */
const MIX = [
  [20, () => ({ method: 'GET', path: '/api/me' }), ({ account }) => account.tier === 'expert'],
  [12, () => ({ method: 'GET', path: '/v1/models' }), ({ data }) => data[0].id === 'genesis'],
  [8, () => ({ method: 'GET', path: '/models' }), ({ items }) => items[0].name === 'genesis'],
  [10, () => ({ method: 'GET', path: '/v1/receipts?limit=10' }), ({ items }, c) => items[0].id === c.receipt],
  [
    10,
    ({ receipt }) => ({ method: 'GET', path: `/v1/receipts/${receipt}` }),
    ({ receipt, log }, c) => receipt.id === c.receipt && log.index < log.size,
  ],
  [10, () => ({ method: 'GET', path: '/chain/B/blocks?limit=10' }), ({ items }) => items.length === 10],
  [10, () => ({ method: 'GET', path: '/log/checkpoint' }), (note) => note.split('\n').length === 6],
  [8, () => ({ method: 'GET', path: '/tasks?limit=10' }), hasItems],
  [5, () => ({ method: 'GET', path: '/policy?action_type=http_probe' }), ({ rules }) => rules.length > 0],
  [5, () => ({ method: 'GET', path: '/experts/top?limit=10' }), hasItems],
  [
    2,
    () => ({ method: 'POST', path: '/write', body: { hash: randomBytes(32).toString('hex') } }),
    ({ txid, tree_size: size }) => txid < size,
  ],
];

let failed;
const dataDir = mkdtempSync(join(tmpdir(), 'stemma-load-'));
const server = await startServer(dataDir, {
  LOG_LEVEL: 'info',
  ...ACCOUNT_SETTINGS,
});
try {
  const clients = await createClients();
  await run(clients, WARM_UP_SECONDS);
  const costs = await alone(clients);
  console.table(costs);
  const { latencies, statuses, checked, wrong, seconds } = await run(clients, SECONDS);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  const figures = {
    requestsPerSecond: latencies.length / seconds,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    longestMs: latencies.at(-1),
    statuses: Object.fromEntries(statuses),
    checked,
    wrong,
  };
  console.table(figures);
  console.log(JSON.stringify(figures));
  failed = missedAims(figures);
} catch (error) {
  failed = [error.message];
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

for (const line of failed) console.error(`aim missed: ${line}`);
process.exit(failed.length === 0 ? 0 : 1);

/** What is not as it should be. */
function missedAims({ requestsPerSecond, p99Ms, statuses, checked, wrong }) {
  const others = Object.entries(statuses).filter(([status]) => status !== '200');
  return [
    requestsPerSecond < RATE * HELD &&
      `${requestsPerSecond.toFixed(0)} of ${RATE} requests a second were answered`,
    !(p99Ms <= P99_MS) && `${p99Ms.toFixed(1)} ms at the 99th percentile, the aim is ${P99_MS}`,
    others.length > 0 && `not all were answered with 200: ${JSON.stringify(Object.fromEntries(others))}`,
    wrong > 0 && `${wrong} of ${checked} checked answers were wrong`,
    checked === 0 && 'no answer was checked',
  ].filter((line) => line !== false);
}

/** Accounts with a receipt, a task and a token each. */
async function createClients() {
  const clients = [];
  for (const [i, token] of (await createAccounts(server, ACCOUNTS)).entries()) {
    const answer = await call(server.url, 'POST', '/v1/chat/completions', {
      token,
      body: { model: 'genesis', max_tokens: 8, messages: [{ role: 'user', content: '2+3=' }] },
    });
    const scopes = ['read', 'tasks'];
    const key =
      i % 2 === 0
        ? null
        : await call(server.url, 'POST', '/auth/register', { token, body: { name: 'load', scopes } });
    clients.push({ token: key?.key ?? token, receipt: answer.receipt_id });
  }
  return clients;
}

/** One request after the other of each kind: how much processor time of the server and of its database each takes, ms. */
async function alone(clients) {
  const connection = await Connection.open(Number(new URL(server.url).port));
  const costs = {};
  for (const [, make] of MIX) {
    const { method, path } = make(clients[0]);
    const before = cpuMs(server.pid);
    const databaseBefore = databaseCpuMs(dataDir);
    for (let i = 0; i < ALONE; i++) {
      const client = clients[i % clients.length];
      await connection.send(prepare({ token: client.token, ...make(client) }));
    }
    costs[`${method} ${path.split('?')[0].replace(/rcpt_.*/, ':id')}`] = {
      serverMs: (cpuMs(server.pid) - before) / ALONE,
      databaseMs: (databaseCpuMs(dataDir) - databaseBefore) / ALONE,
    };
  }
  connection.close();
  return costs;
}

/** Sends RATE requests a second for a while; latencies are from the time a request was due, in ms. */
async function run(clients, seconds) {
  const idle = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => Connection.open(Number(new URL(server.url).port))),
  );
  const open = [...idle];
  const due = [];
  const latencies = [];
  const statuses = new Map();
  const tally = { checked: 0, wrong: 0 };
  const started = performance.now();
  const total = RATE * seconds;
  let scheduled = 0;
  const next = mixer(clients);
  const begin = async (connection, dueAt) => {
    const { bytes, client, check } = next();
    const status = await connection.send(bytes);
    latencies.push(performance.now() - dueAt);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200 && latencies.length % CHECKED === 0) {
      tally.checked++;
      if (!isRight(connection.body(), client, check)) tally.wrong++;
    }
    const waiting = due.shift();
    if (waiting === undefined) idle.push(connection);
    else void begin(connection, waiting);
  };
  while (latencies.length < total) {
    for (; scheduled < total && started + (scheduled * 1000) / RATE <= performance.now(); scheduled++) {
      const dueAt = started + (scheduled * 1000) / RATE;
      const connection = idle.pop();
      if (connection === undefined) due.push(dueAt);
      else void begin(connection, dueAt);
    }
    await new Promise((resolve) => (due.length > 0 ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
  for (const connection of open) connection.close();
  return { latencies, statuses, ...tally, seconds: (performance.now() - started) / 1000 };
}

function isRight(body, client, check) {
  try {
    return check(body.startsWith('{') ? JSON.parse(body) : body, client);
  } catch {
    return false;
  }
}

/** Gives the calls of MIX in their shares, evenly spread, for one account after the other. What can be prepared once is. */
function mixer(clients) {
  const turns = MIX.flatMap(([share, ...call]) => Array(share).fill(call));
  const prepared = new Map();
  const bytesOf = (client, make) => {
    const request = make(client);
    if (request.body !== undefined) return prepare({ token: client.token, ...request });
    const key = `${client.token} ${request.path}`;
    const known = prepared.get(key) ?? prepare({ token: client.token, ...request });
    prepared.set(key, known);
    return known;
  };
  let i = 0;
  return () => {
    // an account of its own count: calls that waited in line must not all be one account's, whose limit they would exceed
    const client = clients[i % clients.length];
    const [make, check] = turns[(37 * ++i) % turns.length];
    return { bytes: bytesOf(client, make), client, check };
  };
}
