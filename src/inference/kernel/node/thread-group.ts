import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { CodedError, err, messageOf, type Result } from '../../../common/index.js';
import type { GenerateEvent } from '../requests.js';
import { fromPlain, type BlockFailure, type FromLeader, type Reply, type ToLeader } from './protocol.js';

const CRASHED = 'ENGINE_RESTARTED';

/** A thread and what it is called in reports of a crash. */
export interface GroupThread {
  readonly label: string;
  readonly worker: Worker;
}

/** Starts the threads of one life; the first one leads. */
export type StartThreads = () => readonly GroupThread[];

/** A message to the leader, without its number. */
export type LeaderCall = ToLeader extends infer M ? (M extends ToLeader ? Omit<M, 'id'> : never) : never;

/** How long what the threads said before they died may take to arrive, ms. A thread that hangs is not waited for. */
const LAST_WORDS_MS = 1_000;

interface Call {
  readonly settle: (result: Result<Reply>) => void;
  readonly on?: (event: GenerateEvent) => void;
  begun: boolean;
}

/** A call that was made. */
export interface GroupCall {
  readonly id: number;
  /** Never rejects: a crash settles it with `ENGINE_RESTARTED`, once everything that was sent before has arrived. */
  readonly done: Promise<Result<Reply>>;
  /** Whether the leader has begun to compute what was submitted. */
  readonly begun: () => boolean;
}

/** One life of the engine's threads: the leader, its helpers and their shared memory. When one dies, all do. */
export class ThreadGroup {
  private readonly workers: Worker[];
  private readonly calls = new Map<number, Call>();
  private nextId = 1;
  /** What calls are refused with; undefined while the threads live. */
  private refusal: CodedError | undefined;

  constructor(
    start: StartThreads,
    private readonly onBlockFailed: (failure: BlockFailure) => void,
    private readonly onCrash: (detail: string) => void,
  ) {
    this.workers = start().map(({ label, worker }) => {
      worker.on('error', (thrown) => void this.crash(`thread ${label}: ${messageOf(thrown)}`));
      worker.on('exit', (code) => void this.crash(`thread ${label} ended with code ${code}`));
      return worker;
    });
    this.workers[0].on('message', (message: FromLeader) => this.receive(message));
  }

  /** Sends a call; `on` gets its events. */
  call(message: LeaderCall, on?: (event: GenerateEvent) => void): GroupCall {
    const id = this.nextId++;
    const { refusal } = this;
    if (refusal) return { id, done: Promise.resolve(err(refusal)), begun: () => false };
    let settle: Call['settle'] = () => undefined;
    const done = new Promise<Result<Reply>>((resolve) => (settle = resolve));
    const call: Call = { settle, on, begun: false };
    this.calls.set(id, call);
    this.workers[0].postMessage({ ...message, id });
    return { id, done, begun: () => call.begun };
  }

  /** Asks the leader to end a request; its call is settled soon afterwards. */
  cancel(id: number): void {
    if (this.calls.has(id)) this.workers[0].postMessage({ type: 'cancel', id } satisfies ToLeader);
  }

  /** Ends all threads; open calls are refused with the given error. */
  async end(error: CodedError): Promise<void> {
    this.refusal = error;
    for (const call of this.calls.values()) call.settle(err(error));
    this.calls.clear();
    await this.terminate();
  }

  /** Ends one thread, which counts as a crash. */
  async endThread(thread: number): Promise<void> {
    await this.workers[thread].terminate();
  }

  private async crash(detail: string): Promise<void> {
    if (this.refusal) return;
    this.refusal = engineRestarted();
    this.onCrash(detail);
    // A thread's messages have all arrived when its end is told; only then is it known who had begun, or even ended.
    await Promise.race([this.terminate(), delay(LAST_WORDS_MS, undefined, { ref: false })]);
    await this.end(this.refusal);
  }

  private async terminate(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private receive(message: FromLeader): void {
    if (message.type === 'events') {
      for (const [id, event] of message.events) this.calls.get(id)?.on?.(event);
    } else if (message.type === 'blockFailed') {
      this.onBlockFailed(message.failure);
    } else if (message.type === 'begun') {
      const call = this.calls.get(message.id);
      if (call) call.begun = true;
    } else {
      this.calls.get(message.id)?.settle(fromPlain(message.result));
      this.calls.delete(message.id);
    }
  }
}

/** Whether a crash is why there is no result. */
export function lostToCrash(result: Result<Reply>): boolean {
  return !result.ok && result.error.code === CRASHED;
}

/** What requests that were running when the engine crashed are refused with; trying again is right. */
function engineRestarted(): CodedError {
  return new CodedError(CRASHED, 'the engine crashed and is starting again', { retryable: true }, 503);
}
