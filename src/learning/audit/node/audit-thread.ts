import { parentPort, workerData } from 'node:worker_threads';
import { letOthersGoFirst } from '../../../inference/kernel/index.js';
import { givingWay } from '../../run/node/thread-pace.js';
import { auditFile, type AuditInput, type AuditMessage } from './audit-work.js';

/** Whoever waits for a verdict does not wait for answers for ever: after so long it rests no more, ms. */
const REST_MS = 10 * 60_000;

letOthersGoFirst();
const tell = (message: AuditMessage) => parentPort?.postMessage(message);
tell(await auditFile(workerData as AuditInput, (done) => tell({ done }), givingWay(REST_MS)));
