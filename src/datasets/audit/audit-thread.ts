import { parentPort, workerData } from 'node:worker_threads';
import { auditDataset, type AuditInput } from './audit-work.js';

parentPort?.postMessage(await auditDataset(workerData as AuditInput));
