import { parentPort, workerData } from 'node:worker_threads';
import { letOthersGoFirst } from '../../../inference/kernel/index.js';
import { auditFile, type AuditInput, type AuditMessage } from './audit-work.js';

letOthersGoFirst();
const tell = (message: AuditMessage) => parentPort?.postMessage(message);
tell(await auditFile(workerData as AuditInput, (done) => tell({ done })));
