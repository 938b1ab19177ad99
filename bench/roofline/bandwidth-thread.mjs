// One thread of the measurement: waits at the gate before every pass, and reports when each began and ended.
import { parentPort, workerData } from 'node:worker_threads';

const { module, memory, gate, threads, repeats, from, part } = workerData;
const { sum } = new WebAssembly.Instance(module, { env: { memory } }).exports;
const now = () => performance.timeOrigin + performance.now();
const times = [];
for (let pass = 1; pass <= repeats; pass++) {
  Atomics.add(gate, 0, 1);
  while (Atomics.load(gate, 0) < pass * threads);
  const started = now();
  sum(from, part);
  times.push([started, now()]);
}
parentPort.postMessage(times);
