import { Worker } from 'node:worker_threads';
import { CodedError, err, messageOf, type Result } from '../../common/index.js';
import { fromPlain } from '../kernel/node/protocol.js';
import type { TestimonyQuestion } from './question.js';
import type { WitnessCall, WitnessReply, WitnessThreadData } from './witness-work.js';

/** JavaScript objects that one testimony may take, MiB; values and digests of positions are besides. */
const MOST_MEMORY_MB = 1_024;

/** The thread in which this node computes one of its answers again, operator by operator: nobody else waits for it. */
export class WitnessRunner {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, (rows: Result<readonly string[]>) => void>();
  private nextId = 0;
  private ended: CodedError | null = null;

  /** @param execArgv Node.js options of the thread, for tests that run from source */
  constructor(data: WitnessThreadData, execArgv?: readonly string[]) {
    this.worker = new Worker(new URL('./witness-thread.js', import.meta.url), {
      workerData: data,
      name: 'testimony',
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
    });
    this.worker.unref();
    this.worker.on('message', ({ id, rows }: WitnessReply) => this.settle(id, fromPlain(rows)));
    this.worker.on('error', (thrown) => this.end(messageOf(thrown)));
    this.worker.on('exit', (code) => this.end(`its thread ended with ${code}`));
  }

  /** Whether it answers no more. */
  get isOver(): boolean {
    return this.ended !== null;
  }

  /** Refuses with `TESTIMONY_FAILED` (503) when the thread has ended, and as the blocks do (`BLOCK_CORRUPT`, …). */
  rows(question: TestimonyQuestion): Promise<Result<readonly string[]>> {
    if (this.ended !== null) return Promise.resolve(err(this.ended));
    return new Promise((resolve) => {
      const id = this.nextId++;
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, question } satisfies WitnessCall);
    });
  }

  /** Ends the thread; who waits is refused. */
  async stop(): Promise<void> {
    this.end('it was stopped');
    await this.worker.terminate();
  }

  private end(detail: string): void {
    this.ended ??= new CodedError('TESTIMONY_FAILED', `No testimony: ${detail}.`, { retryAfter: 1 }, 503);
    for (const id of [...this.waiting.keys()]) this.settle(id, err(this.ended));
  }

  private settle(id: number, rows: Result<readonly string[]>): void {
    this.waiting.get(id)?.(rows);
    this.waiting.delete(id);
  }
}
