import type { Worker } from 'node:worker_threads';
import { CodedError, err, messageOf, type Result } from '../../../common/index.js';
import type { GenerateEvent } from '../requests.js';
import { fromPlain, type BlockFailure, type FromLeader, type Reply, type ToLeader } from './protocol.js';

/** A thread and what it is called in reports of a crash. */
export interface GroupThread {
  readonly label: string;
  readonly worker: Worker;
}

/** Starts the threads of one life; the first one leads. */
export type StartThreads = () => readonly GroupThread[];

/** A message to the leader, without its number. */
export type LeaderCall = ToLeader extends infer M ? (M extends ToLeader ? Omit<M, 'id'> : never) : never;

interface Call {
  readonly settle: (result: Result<Reply>) => void;
  readonly on?: (event: GenerateEvent) => void;
}

/** One life of the engine's threads: the leader, its helpers and their shared memory. When one dies, all do. */
export class ThreadGroup {
  private readonly workers: Worker[];
  private readonly calls = new Map<number, Call>();
  private nextId = 1;
  private ended = false;

  constructor(
    start: StartThreads,
    private readonly onBlockFailed: (failure: BlockFailure) => void,
    private readonly onCrash: (detail: string) => void,
  ) {
    this.workers = start().map(({ label, worker }) => {
      worker.on('error', (thrown) => this.crash(`thread ${label}: ${messageOf(thrown)}`));
      worker.on('exit', (code) => this.crash(`thread ${label} ended with code ${code}`));
      return worker;
    });
    this.workers[0].on('message', (message: FromLeader) => this.receive(message));
  }

  /** Sends a call; `on` gets its events. The promise never rejects: a crash settles it with `ENGINE_RESTARTED`. */
  call(
    message: LeaderCall,
    on?: (event: GenerateEvent) => void,
  ): { id: number; done: Promise<Result<Reply>> } {
    const id = this.nextId++;
    const done = new Promise<Result<Reply>>((settle) => {
      if (this.ended) return settle(err(engineRestarted()));
      this.calls.set(id, { settle, on });
      this.workers[0].postMessage({ ...message, id });
    });
    return { id, done };
  }

  /** Asks the leader to end a request; its call is settled soon afterwards. */
  cancel(id: number): void {
    if (this.calls.has(id)) this.workers[0].postMessage({ type: 'cancel', id } satisfies ToLeader);
  }

  /** Ends all threads; open calls are refused with the given error. */
  async end(error: CodedError): Promise<void> {
    this.ended = true;
    for (const call of this.calls.values()) call.settle(err(error));
    this.calls.clear();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  /** Ends one thread, which counts as a crash. */
  async endThread(thread: number): Promise<void> {
    await this.workers[thread].terminate();
  }

  private crash(detail: string): void {
    if (this.ended) return;
    void this.end(engineRestarted());
    this.onCrash(detail);
  }

  private receive(message: FromLeader): void {
    if (message.type === 'events') {
      for (const [id, event] of message.events) this.calls.get(id)?.on?.(event);
    } else if (message.type === 'blockFailed') {
      this.onBlockFailed(message.failure);
    } else {
      this.calls.get(message.id)?.settle(fromPlain(message.result));
      this.calls.delete(message.id);
    }
  }
}

/** What requests that were running when the engine crashed are refused with; trying again is right. */
export function engineRestarted(): CodedError {
  return new CodedError(
    'ENGINE_RESTARTED',
    'the engine crashed and is starting again',
    { retryable: true },
    503,
  );
}
