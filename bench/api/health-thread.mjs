// Asks a server for /health every 10 ms until told to stop, then tells how long each answer took, ms.
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData as url } from 'node:worker_threads';

const times = [];
let running = true;
parentPort.once('message', () => (running = false));
while (running) {
  const started = performance.now();
  await (await fetch(`${url}/health`, { signal: AbortSignal.timeout(5000) })).text();
  times.push(performance.now() - started);
  await sleep(10);
}
parentPort.postMessage(times);
