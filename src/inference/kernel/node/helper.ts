import { workerData } from 'node:worker_threads';
import { CONTROL, instantiateKernel } from '../kernel.js';
import type { ThreadData } from './protocol.js';
import { letOthersGoFirst } from './thread-priority.js';

letOthersGoFirst();
// Never returns until the leader says stop: between phases it spins for a moment and then sleeps inside the kernel.
const { module, memory, thread } = workerData as ThreadData;
instantiateKernel(module, memory).help(CONTROL, thread);
