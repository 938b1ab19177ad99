// The clients of sockets.mjs: connects them a few at a time, then counts how late notices come, what is missing, and who was put out.
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';

const AT_ONCE = 50;
/** How often one that never reads asks for more, ms. */
const ASK_EVERY_MS = 5;
/** Notices as young as this when the report is made may still be on their way, ms. */
const ON_THEIR_WAY_MS = 2_000;

const latencies = [];
/** The numbers of all figures that anybody heard, and when they were sent. */
const figures = new Map();
/** What each listener heard: its first number, and all of them. */
const listeners = [];
const deaf = [];
const closes = { listeners: 0, idle: 0, deaf: 0 };

process.on('message', async (message) => {
  if (message.report) return process.send({ type: 'report', ...report() });
  if (message.fill) await Promise.all(Array.from({ length: AT_ONCE }, fill));
  else await connectAll(message);
  process.send({ type: 'done' });
});

async function connectAll({ url, kind, count }) {
  const address = `${url.replace('http', 'ws')}/ws/collective-insight`;
  let next = 0;
  const work = async () => {
    while (next++ < count) await connect(address, kind);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

const START = { listeners: listen, deaf: ignore, idle: () => undefined };

/** Connects one and waits for its greeting. */
function connect(address, kind) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    socket.once('message', (hello) => {
      START[kind](socket, JSON.parse(hello));
      resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => closes[kind]++);
  });
}

function listen(socket) {
  const heard = new Set();
  listeners.push(heard);
  socket.send(JSON.stringify({ subscribe: ['metrics'] }));
  socket.on('message', (data) => {
    const { type, at, seq } = JSON.parse(data);
    if (type !== 'figures') return;
    latencies.push(Date.now() - at);
    figures.set(seq, at);
    heard.add(seq);
  });
}

/** Asks for everything and reads nothing. */
function ignore(socket, { stream }) {
  const ask = JSON.stringify({ subscribe: ['inference', 'chain', 'metrics', 'tasks'], since: 0, stream });
  deaf.push({ socket, ask });
  socket.pause();
}

/** Lets one after the other of those who never read ask for all that was, until its connection is gone. */
async function fill() {
  for (let next = deaf.pop(); next !== undefined; next = deaf.pop()) {
    const { socket, ask } = next;
    while (socket.readyState === WebSocket.OPEN) {
      socket.send(ask, () => undefined);
      await delay(ASK_EVERY_MS);
    }
  }
}

function report() {
  const until = Date.now() - ON_THEIR_WAY_MS;
  const due = [...figures].filter(([, at]) => at <= until).map(([seq]) => seq);
  const missed = listeners.map((heard) => {
    const first = Math.min(...heard);
    return due.filter((seq) => seq >= first && !heard.has(seq)).length;
  });
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return {
    ...{ notices: latencies.length, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: latencies.at(-1) },
    unheard: listeners.filter((heard) => heard.size === 0).length,
    missed: missed.reduce((sum, count) => sum + count, 0),
    closedListeners: closes.listeners,
    closedIdle: closes.idle,
  };
}
