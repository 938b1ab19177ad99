import { workerData } from 'node:worker_threads';
import { FileBlockSource } from './file-source.js';
import { LOAD, type LoadCall, type LoaderData } from './loader-protocol.js';

const { memory, link } = workerData as LoaderData;
const states = new Int32Array(link.states);
const source = new FileBlockSource();

// Loads come one after another: hashing keeps a core busy, and more than one is not to spare beside the kernel's threads.
link.port.on('message', ({ place, block, address }: LoadCall) => {
  if (Atomics.compareExchange(states, place, LOAD.queued, LOAD.running) !== LOAD.queued) {
    Atomics.store(states, place, LOAD.free);
    return;
  }
  const read = source.read(block, new Uint8Array(memory.buffer, address, block.payloadSize));
  Atomics.store(states, place, read.ok ? LOAD.done : LOAD.failed);
  Atomics.notify(states, place);
});
