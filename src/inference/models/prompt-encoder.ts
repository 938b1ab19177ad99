import { Worker } from 'node:worker_threads';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CodedError, err, messageOf, ok, type Result } from '../../common/index.js';
import { SMALL_YOUNG_HEAP } from '../../common/thread-heap.js';
import { encodeText, type EncodeCall, type EncodeMode, type EncodeReply } from './encode-thread.js';
import type { ServedModel } from './served-model.js';
import { SentTokenizers } from './tokenizer-shelf.js';

/** Longest text that is tokenised at once, in characters: it takes a few milliseconds. */
const SHORT_TEXT = 4_096;
/** Long texts that may wait for the thread. */
const MOST_WAITING = 64;

/** Tokenises texts: short ones at once, long ones in a thread of their own, so that the server answers meanwhile. */
@Injectable()
export class PromptEncoder implements OnApplicationShutdown {
  private readonly logger = new Logger('Tokenizer');
  private readonly waiting = new Map<number, (result: Result<readonly number[]>) => void>();
  private readonly sent = new SentTokenizers();
  private worker: Worker | null = null;
  private nextId = 0;

  /** Refuses with `TOKENIZER_BUSY` (503) when too many long texts wait, or when the thread has died over it. */
  encode(model: ServedModel, text: string, mode: EncodeMode): Promise<Result<readonly number[]>> {
    const { tokenizer } = model;
    if (tokenizer === null) throw new Error(`${model.name} has no tokenizer`);
    if (text.length <= SHORT_TEXT) return Promise.resolve(ok(encodeText(tokenizer, text, mode)));
    if (this.waiting.size >= MOST_WAITING) return Promise.resolve(err(busy('too many long prompts wait')));
    return new Promise((resolve) => {
      const id = this.nextId++;
      this.waiting.set(id, resolve);
      const worker = this.start();
      const source = this.sent.send(model.tokenizerKey, tokenizer.source);
      worker.postMessage({ id, tokenizer: model.tokenizerKey, source, text, mode } satisfies EncodeCall);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    if (this.worker !== null) return this.worker;
    const worker = new Worker(new URL('./encode-thread.js', import.meta.url), {
      ...{ name: 'tokenizer', resourceLimits: SMALL_YOUNG_HEAP },
    });
    worker.unref();
    worker.on('message', ({ id, ids }: EncodeReply) => this.settle(id, ok(Array.from(ids))));
    worker.on('error', (thrown) => this.logger.error(`the tokenizer thread failed: ${messageOf(thrown)}`));
    worker.on('exit', () => this.ended(worker));
    this.worker = worker;
    return worker;
  }

  private ended(worker: Worker): void {
    if (this.worker !== worker) return;
    this.worker = null;
    this.sent.clear();
    for (const id of [...this.waiting.keys()]) this.settle(id, err(busy('the tokenizer was started again')));
  }

  private settle(id: number, result: Result<readonly number[]>): void {
    this.waiting.get(id)?.(result);
    this.waiting.delete(id);
  }
}

function busy(why: string): CodedError {
  return new CodedError('TOKENIZER_BUSY', `The prompt could not be tokenised: ${why}.`, { retryAfter: 1 }, 503);
}
