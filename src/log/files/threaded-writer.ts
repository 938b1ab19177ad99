import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../../common/index.js';
import type { Round } from './write-round.js';
import type { WriteCall, WriteReply } from './write-thread.js';

const THREAD = new URL('./write-thread.js', import.meta.url);

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Writes rounds in a thread of its own: the disk may take its time without delaying answers, and a round costs the main thread two
 * messages. The thread starts with the first round, and anew after it has died.
 */
export class ThreadedWriter {
  private readonly waiting = new Map<number, Waiting>();
  private worker: Worker | null = null;
  private next = 0;

  /** Whether the thread's code is there: not where the server runs from its source, as some tests do. */
  static isBuilt(): boolean {
    return existsSync(THREAD);
  }

  /**
   * @param incoming see `RoundWriter`
   * @param thread the thread's code
   */
  constructor(
    private readonly incoming: string,
    private readonly thread: URL = THREAD,
  ) {}

  /** Resolves when the round is durable; rejects with an error that has the system's `code`. */
  write(round: Round): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.start().postMessage({ id, round } satisfies WriteCall);
    });
  }

  /** Ends the thread; rounds under way are refused. */
  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    if (this.worker !== null) return this.worker;
    const worker = new Worker(this.thread, {
      name: 'log-files',
      workerData: this.incoming,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    let why = 'the thread that writes the log has ended';
    worker.unref();
    worker.on('message', (reply: WriteReply) => this.settle(reply));
    worker.on('error', (thrown) => (why = messageOf(thrown)));
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = null;
      for (const id of [...this.waiting.keys()])
        this.settle({ id, failure: { message: why, code: undefined } });
    });
    this.worker = worker;
    return worker;
  }

  private settle({ id, failure }: WriteReply): void {
    const { resolve, reject } = this.waiting.get(id)!;
    this.waiting.delete(id);
    if (failure === null) resolve();
    else
      reject(Object.assign(new Error(failure.message), failure.code !== undefined && { code: failure.code }));
  }
}
