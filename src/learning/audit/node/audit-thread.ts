import { parentPort, workerData } from 'node:worker_threads';
import { auditFile, type AuditInput, type AuditMessage } from './audit-work.js';

const tell = (message: AuditMessage) => parentPort?.postMessage(message);
tell(await auditFile(workerData as AuditInput, (done) => tell({ done })));
