import { parentPort } from 'node:worker_threads';
import { verifyHeaders, type StoredHeader } from './verify-headers.js';
import { loadBulkCheck } from './verifier-file.js';

/** One batch for a worker thread; the answer is the list of verdicts. */
export interface HeaderBatch {
  readonly items: readonly StoredHeader[];
}

const check = loadBulkCheck();
parentPort?.on('message', ({ items }: HeaderBatch) => parentPort?.postMessage(verifyHeaders(items, check)));
