// node bench/load/http.mjs [requests per second] [seconds]: how long authenticated API calls take while so many a second arrive,
// by a clock of their own: a late answer makes the ones behind it late as well, as it would for people. Half of the accounts send
// tokens of a session, half API keys; what is called, and how often, stands in MIX.
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpuMs, databaseCpuMs } from '../api/probes.mjs';
import { startServer } from '../server.mjs';
import { Connection, prepare } from './http-client.mjs';

const RATE = Number(process.argv[2] ?? 3000);
const SECONDS = Number(process.argv[3] ?? 20);
/** Accounts of the tier `expert`, each with at most 6,000 requests a minute. */
const ACCOUNTS = 64;
const CONNECTIONS = 64;
const WARM_UP_SECONDS = 5;
const ALONE = 300;

/** Share of the calls, in percent, and what is called. */
const MIX = [
  [20, () => ({ method: 'GET', path: '/api/me' })],
  [12, () => ({ method: 'GET', path: '/v1/models' })],
  [8, () => ({ method: 'GET', path: '/models' })],
  [10, () => ({ method: 'GET', path: '/v1/receipts?limit=10' })],
  [10, ({ receipt }) => ({ method: 'GET', path: `/v1/receipts/${receipt}` })],
  [10, () => ({ method: 'GET', path: '/chain/B/blocks?limit=10' })],
  [10, () => ({ method: 'GET', path: '/log/checkpoint' })],
  [8, () => ({ method: 'GET', path: '/tasks?limit=10' })],
  [5, () => ({ method: 'GET', path: '/policy?action_type=http_probe' })],
  [5, () => ({ method: 'GET', path: '/experts/top?limit=10' })],
  [2, () => ({ method: 'POST', path: '/write', body: { hash: randomBytes(32).toString('hex') } })],
];

const dataDir = mkdtempSync(join(tmpdir(), 'stemma-load-'));
const server = await startServer(dataDir, {
  LOG_LEVEL: 'info',
  SINGLE_USER: 'false',
  PASSWORD_MEMORY_KIB: '64',
  PASSWORD_PASSES: '1',
  RATE_LIMIT_ADDRESS: '1000000',
  RATE_LIMIT_NEWBIE: '1000000',
});
try {
  const clients = await createClients();
  await run(clients, WARM_UP_SECONDS);
  const costs = await alone(clients);
  console.table(costs);
  const { latencies, statuses } = await run(clients, SECONDS);
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  const figures = {
    requestsPerSecond: latencies.length / SECONDS,
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    longestMs: latencies.at(-1),
    statuses: Object.fromEntries(statuses),
  };
  console.table(figures);
  console.log(JSON.stringify(figures));
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function call(method, path, { token, body } = {}) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Accounts with a receipt, a task and a token each. */
async function createClients() {
  const setup = /setup#token=([\w-]{43})/.exec(server.output())[1];
  const admin = await call('POST', '/api/setup', {
    body: { token: setup, name: 'root', password: randomUUID() },
  });
  const clients = [];
  for (let i = 0; i < ACCOUNTS; i++) {
    const body = { name: `client-${i}`, password: randomUUID() };
    const { id } = await call('POST', '/api/accounts', { token: admin.access_token, body });
    await call('PATCH', `/api/accounts/${id}`, { token: admin.access_token, body: { tier: 'expert' } });
    const { access_token: token } = await call('POST', '/api/login', { body });
    const answer = await call('POST', '/v1/chat/completions', {
      token,
      body: { model: 'genesis', max_tokens: 8, messages: [{ role: 'user', content: '2+3=' }] },
    });
    const scopes = ['read', 'tasks'];
    const key =
      i % 2 === 0 ? null : await call('POST', '/auth/register', { token, body: { name: 'load', scopes } });
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
  const started = performance.now();
  const total = RATE * seconds;
  let scheduled = 0;
  const next = mixer();
  const begin = async (connection, dueAt) => {
    const client = clients[scheduled % clients.length];
    const status = await connection.send(prepare({ token: client.token, ...next()(client) }));
    latencies.push(performance.now() - dueAt);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
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
  return { latencies, statuses };
}

/** Gives the calls of MIX in their shares, evenly spread. */
function mixer() {
  const turns = MIX.flatMap(([share, call]) => Array(share).fill(call));
  let i = 0;
  return () => turns[(i += 37) % turns.length];
}
