// The clients of sockets.mjs: connects them a few at a time, then counts how late notices come.
import { WebSocket } from 'ws';

const AT_ONCE = 50;
const latencies = [];
const closes = new Map();

process.on('message', async (message) => {
  if (message.report) process.send({ type: 'report', ...report() });
  else await connectAll(message);
});

async function connectAll({ url, clients, listeners, deaf }) {
  const started = performance.now();
  const address = `${url.replace('http', 'ws')}/ws/collective-insight`;
  let next = 0;
  const work = async () => {
    while (next < clients) {
      const i = next++;
      await connect(address, i < listeners ? listen : i < listeners + deaf ? ignore : () => undefined);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  process.send({ type: 'connected', connectMs: performance.now() - started });
}

function connect(address, then) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    socket.once('open', () => {
      then(socket);
      resolve();
    });
    socket.once('error', reject);
    socket.on('close', (code) => closes.set(code, (closes.get(code) ?? 0) + 1));
  });
}

function listen(socket) {
  socket.send(JSON.stringify({ subscribe: ['metrics'] }));
  socket.on('message', (data) => {
    const { type, at } = JSON.parse(data);
    if (type === 'figures') latencies.push(Date.now() - at);
  });
}

/** Asks for everything and reads nothing. */
function ignore(socket) {
  socket.send(JSON.stringify({ subscribe: ['inference', 'chain', 'metrics', 'tasks'] }));
  socket.pause();
}

function report() {
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(latencies.length * share)];
  return {
    notices: latencies.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: latencies.at(-1),
    closed: [...closes].map(([code, count]) => `${count} x ${code}`).join(', '),
  };
}
