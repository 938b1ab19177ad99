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
  /** Fires when a worker has ended: whoever waits for one must not wait for ever. */
  private readonly ended = new AbortController();
  private check: BulkSignatureCheck | null = null;

  private constructor(private readonly workers: readonly Worker[]) {
    this.idle.push(...workers);
    for (const worker of workers) {
      worker.on('error', (thrown) => this.ended.abort(thrown));
      worker.once('exit', () => this.ended.abort(new Error('a thread that verifies headers has ended')));
    }
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

  /** The verdicts on a batch, in its order. Throws, now and from then on, when a worker has ended. */
  async verify(items: readonly StoredHeader[]): Promise<HeaderVerdict[]> {
    if (this.workers.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      return verifyHeaders(items, (this.check ??= loadBulkCheck()));
    }
    const { signal } = this.ended;
    signal.throwIfAborted();
    const worker = this.idle.pop() ?? (await this.nextIdle());
    const batch: HeaderBatch = { items };
    worker.postMessage(batch);
    const [verdicts] = (await once(worker, 'message', { signal })) as [HeaderVerdict[]];
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(worker);
    else next(worker);
    return verdicts;
  }

  private nextIdle(): Promise<Worker> {
    return new Promise((resolve, reject) => {
      const { signal } = this.ended;
      const onEnd = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onEnd, { once: true });
      this.waiting.push((worker) => {
        signal.removeEventListener('abort', onEnd);
        resolve(worker);
      });
    });
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
