// node bench/load/sockets.mjs [idle clients] [seconds]: 10,000 idle WebSocket clients, 1,000 that listen to the live figures, and 1,000 that
// ask for everything again and again and never read, until what waits for each is too much, while answers are generated. Reports how
// late figures arrive at listeners (time of sending is in the notice), who was put out, and the server's memory; fails when an aim
// is missed. The clients live in a process of their own. As root the run has a network of its own, in which the kernel keeps no more
// for a connection than it does on a real one (on this machine's own it takes megabytes before the server notices anything).
import { fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { residentMebibytes } from '../api/probes.mjs';
import { startServer, until } from '../server.mjs';

const IDLE = Number(process.argv[2] ?? 10_000);
const SECONDS = Number(process.argv[3] ?? 30);
const LISTENERS = 1_000;
const DEAF = 1_000;
/** Aim: a notice reaches 99 of 100 listeners within this, ms. */
const P99_MS = 250;
/** A client that leaves two pings unanswered is put out; a ping comes every 15 s. */
const DROPPED_WITHIN_MS = 60_000;
const WARM_UP_SECONDS = 10;
const SEND_BUFFER = '4096 16384 65536';
const IN_NAMESPACE = 'STEMMA_BENCH_NETWORK';

if (process.env[IN_NAMESPACE] === undefined && spawnSync('unshare', ['-n', 'true']).status === 0) {
  const prepare = `ip link set lo up && sysctl -qw net.ipv4.tcp_wmem='${SEND_BUFFER}' && exec "$@"`;
  const command = [process.execPath, ...process.argv.slice(1)];
  const env = { ...process.env, [IN_NAMESPACE]: '1' };
  const { status } = spawnSync('unshare', ['-n', 'sh', '-c', prepare, 'sh', ...command], {
    stdio: 'inherit',
    env,
  });
  process.exit(status ?? 1);
}

const dataDir = mkdtempSync(join(tmpdir(), 'stemma-sockets-'));
const all = IDLE + LISTENERS + DEAF;
const server = await startServer(dataDir, {
  WEBSOCKET_CLIENTS: String(all + 1),
  WEBSOCKET_CLIENTS_PER_ADDRESS: String(all + 1),
});
const before = residentMebibytes(server.pid);
const clients = fork(fileURLToPath(new URL('socket-clients.mjs', import.meta.url)));
clients.once('exit', (code) => code && console.error(`the clients ended with ${code}`));
let answering = true;
let answers = 0;
let failed;
try {
  const started = performance.now();
  await tell({ url: server.url, kind: 'idle', count: IDLE });
  await tell({ url: server.url, kind: 'listeners', count: LISTENERS });
  const load = keepAsking();
  load.catch(() => undefined);
  await delay(WARM_UP_SECONDS * 1000);
  await tell({ url: server.url, kind: 'deaf', count: DEAF });
  const connected = await figure('stemma_realtime_clients');
  const filling = tell({ fill: true });
  const dropped = () => figure('stemma_realtime_closed_total', 'code="4408"');
  await until(async () => (await dropped()) >= DEAF, DROPPED_WITHIN_MS, 'dropping all that do not read');
  const droppedMs = performance.now() - started;
  await filling;
  await delay(Math.max(0, SECONDS * 1000 - (performance.now() - started)));
  answering = false;
  await load;
  const figures = {
    ...{ connected, answers, ...(await tell({ report: true }, 'report')), droppedMs },
    droppedFull: await figure('stemma_realtime_closed_total', 'reason="SLOW_READER"'),
    droppedSilent: await figure('stemma_realtime_closed_total', 'reason="SILENT"'),
    left: await figure('stemma_realtime_clients'),
    ...{ residentMebibytes: residentMebibytes(server.pid), before },
  };
  delete figures.type;
  console.table(figures);
  console.log(JSON.stringify(figures));
  failed = missedAims(figures);
} catch (error) {
  failed = [error.message];
} finally {
  answering = false;
  clients.kill();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
for (const line of failed) console.error(`aim missed: ${line}`);
process.exit(failed.length === 0 ? 0 : 1);

/** What is not as it should be. */
function missedAims(figures) {
  const { connected, left, p99Ms, missed, unheard, closedListeners, closedIdle, droppedFull, droppedSilent } =
    figures;
  const lost = closedListeners + closedIdle;
  return [
    connected !== all && `${connected} of ${all} clients were connected`,
    !(p99Ms <= P99_MS) && `notices took ${p99Ms} ms at the 99th percentile, the aim is ${P99_MS}`,
    (missed > 0 || unheard > 0) &&
      `${missed} notices did not reach a listener, ${unheard} listeners heard nothing`,
    lost > 0 && `${lost} clients that read were put out`,
    left !== IDLE + LISTENERS && `${left} clients are left, not ${IDLE + LISTENERS}`,
    droppedFull + droppedSilent !== DEAF &&
      `${droppedFull + droppedSilent} of ${DEAF} that do not read were dropped with 4408`,
    droppedFull < DEAF / 2 && `only ${droppedFull} of them had their buffers full`,
  ].filter((line) => line !== false);
}

/** Sends the clients an order and waits for the answer. */
function tell(order, type = 'done') {
  return new Promise((resolve, reject) => {
    const ended = (code) => reject(new Error(`the clients ended with ${code}`));
    const heard = (message) => {
      if (message.type !== type) return;
      clients.off('exit', ended).off('message', heard);
      resolve(message);
    };
    clients.once('exit', ended).on('message', heard);
    clients.send(order);
  });
}

/** The sum of a metric over its labels, or of those lines that have one. */
async function figure(name, label = '') {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter((line) => new RegExp(`^${name}[ {]`).test(line) && line.includes(label));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function keepAsking() {
  for (; answering; answers++) await ask();
}

async function ask() {
  const body = {
    model: 'genesis',
    max_tokens: 20,
    messages: [{ role: 'user', content: 'Tell me a story.' }],
  };
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}
