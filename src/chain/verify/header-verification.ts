import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CodedError, messageOf } from '../../common/index.js';
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
      worker.on('error', (thrown) => this.fail(messageOf(thrown), thrown));
      worker.on('messageerror', (thrown) => this.fail(`unreadable answer: ${messageOf(thrown)}`, thrown));
      worker.once('exit', (code) => this.fail(`exit code ${code}`));
    }
  }

  /** Verifies on these workers, which answer each `HeaderBatch` with its verdicts and are ended by `close`. */
  static on(workers: readonly Worker[]): HeaderVerification {
    return new HeaderVerification(workers);
  }

  /** @param expected about how many headers will come  @param threads how many workers; one per core by default */
  static open(
    expected: number,
    threads = Math.min(availableParallelism(), THREADS_LIMIT),
  ): HeaderVerification {
    const script = fileURLToPath(new URL('./header-worker.js', import.meta.url));
    const worth = expected >= WORTH_THREADS && existsSync(script);
    return HeaderVerification.on(Array.from({ length: worth ? threads : 0 }, () => new Worker(script)));
  }

  /** How many batches may usefully be under way at once. */
  get width(): number {
    return Math.max(1, this.workers.length);
  }

  /** Headers to give at once: many where threads work on them, few where the event loop waits. */
  get batch(): number {
    return this.workers.length > 0 ? 512 : 128;
  }

  /**
   * The verdicts on a batch, in its order. Throws `HEADER_VERIFIER_ENDED`, now and from then on, when a worker has ended:
   * which headers it would have refused is not known.
   */
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
    const verdicts = await this.answerOf(worker);
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(worker);
    else next(worker);
    return verdicts;
  }

  private async answerOf(worker: Worker): Promise<HeaderVerdict[]> {
    const { signal } = this.ended;
    try {
      const [verdicts] = (await once(worker, 'message', { signal })) as [HeaderVerdict[]];
      return verdicts;
    } catch (thrown) {
      // `once` says only that it was aborted; the reason says what became of the worker.
      throw signal.aborted ? signal.reason : thrown;
    }
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

  /** The first reason stays: what follows it (every exit, at `close`) says less. */
  private fail(why: string, cause?: unknown): void {
    const message = `a thread that verifies headers has ended before its work was done (${why})`;
    this.ended.abort(new CodedError('HEADER_VERIFIER_ENDED', message, {}, 500, { cause }));
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
