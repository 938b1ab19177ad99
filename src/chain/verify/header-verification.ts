import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { HeaderBatch } from './header-worker.js';
import {
  verifyHeaders,
  type BulkSignatureCheck,
  type HeaderVerdict,
  type StoredHeader,
} from './verify-headers.js';
import { loadBulkCheck } from './verifier-file.js';

/** Headers that make starting threads worth while. */
const WORTH_THREADS = 2_000;
/** Threads at most. */
const THREADS_LIMIT = 8;

/**
 * Verifies stored headers in bulk: on worker threads where there are many, in this thread (in small batches, so that
 * others get their turn) where there are few or the worker is not built.
 */
export class HeaderVerification {
  private readonly idle: Worker[] = [];
  private readonly waiting: ((worker: Worker) => void)[] = [];
  private check: BulkSignatureCheck | null = null;

  private constructor(private readonly workers: readonly Worker[]) {
    this.idle.push(...workers);
  }

  /** @param expected about how many headers will come  @param threads how many workers; one per core by default */
  static open(
    expected: number,
    threads = Math.min(availableParallelism(), THREADS_LIMIT),
  ): HeaderVerification {
    const script = fileURLToPath(new URL('./header-worker.js', import.meta.url));
    const worth = expected >= WORTH_THREADS && existsSync(script);
    return new HeaderVerification(Array.from({ length: worth ? threads : 0 }, () => new Worker(script)));
  }

  /** How many batches may usefully be under way at once. */
  get width(): number {
    return Math.max(1, this.workers.length);
  }

  /** Headers to give at once: many where threads work on them, few where the event loop waits. */
  get batch(): number {
    return this.workers.length > 0 ? 512 : 128;
  }

  /** The verdicts on a batch, in its order. */
  async verify(items: readonly StoredHeader[]): Promise<HeaderVerdict[]> {
    if (this.workers.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      return verifyHeaders(items, (this.check ??= loadBulkCheck()));
    }
    const worker = this.idle.pop() ?? (await new Promise<Worker>((resolve) => this.waiting.push(resolve)));
    try {
      const batch: HeaderBatch = { items };
      worker.postMessage(batch);
      const [verdicts] = (await once(worker, 'message')) as [HeaderVerdict[]];
      return verdicts;
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.idle.push(worker);
      else next(worker);
    }
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
