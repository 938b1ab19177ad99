// node bench/load/sockets.mjs [clients] [seconds]: ten thousand WebSocket clients, of which 1,000 listen to the live figures, 1,000 ask
// for everything and never read, and the rest is idle, while answers are generated. Reports how late figures arrive at listeners
// (time of sending is in the notice), how long connecting took, and the server's memory. The clients live in a process of their own.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { residentMebibytes } from '../api/probes.mjs';
import { startServer } from '../server.mjs';

const CLIENTS = Number(process.argv[2] ?? 10_000);
const SECONDS = Number(process.argv[3] ?? 30);
const LISTENERS = 1_000;
const DEAF = 1_000;

const dataDir = mkdtempSync(join(tmpdir(), 'stemma-sockets-'));
const server = await startServer(dataDir, { WEBSOCKET_CLIENTS_PER_ADDRESS: String(CLIENTS + 1) });
const before = residentMebibytes(server.pid);
const clients = fork(fileURLToPath(new URL('socket-clients.mjs', import.meta.url)));
try {
  clients.send({ url: server.url, clients: CLIENTS, listeners: LISTENERS, deaf: DEAF });
  const { connectMs } = await told('connected');
  const connected = await connectedClients();
  const until = performance.now() + SECONDS * 1000;
  let answers = 0;
  while (performance.now() < until) {
    await ask();
    answers++;
  }
  const after = residentMebibytes(server.pid);
  clients.send({ report: true });
  const report = await told('report');
  const figures = { connected, connectMs, answers, ...report, residentMebibytes: after, before };
  delete figures.type;
  console.table(figures);
  console.log(JSON.stringify(figures));
} finally {
  clients.kill();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

function told(type) {
  return new Promise((resolve, reject) => {
    clients.once('exit', (code) => reject(new Error(`the clients ended with ${code}`)));
    clients.on('message', (message) => message.type === type && resolve(message));
  });
}

async function connectedClients() {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^stemma_realtime_clients (\d+)/m.exec(text)?.[1]);
}

async function ask() {
  const body = {
    model: 'genesis',
    max_tokens: 200,
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
