import { workerData } from 'node:worker_threads';
import { CONTROL, instantiateTraining } from '../training-kernel.js';
import type { HelperData } from './training-threads.js';

// Never returns until the leader says stop: between operations it spins for a moment and then sleeps inside the kernel.
const { module, memory, thread } = workerData as HelperData;
instantiateTraining(module, memory).help(CONTROL, thread);
