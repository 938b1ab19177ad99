import { parentPort, workerData } from 'node:worker_threads';
import { workOnRound, type RoundWork } from './round-work.js';

parentPort?.postMessage(workOnRound(workerData as RoundWork));
