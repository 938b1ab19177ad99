import { Injectable } from '@nestjs/common';

/** For how long nobody in this process has been able to take the jobs of a queue, and why. */
export interface QueueState {
  /** ms; 0 where somebody can, or nobody is to. */
  readonly brokenMs: number;
  readonly why: string;
}

/** A queue of durable jobs as those see it who watch over it. */
export interface WatchedQueue {
  /** Name of its jobs in the database. */
  readonly identifier: string;
  state(): QueueState;
  /** Whether it has steady workers in this process, so that its jobs must not wait for ever. */
  isAtWork(): boolean;
  /** Lets its workers go, and begins with new ones over new connections. */
  restart(): Promise<void>;
}

/** Where queues of durable jobs register, so that workers that are gone are noticed: nobody waits at a door for what they do. */
@Injectable()
export class QueueRegistry {
  private readonly queues = new Map<string, WatchedQueue>();

  /** Adds a queue. Two of one identifier are a bug. */
  register(queue: WatchedQueue): void {
    if (this.queues.has(queue.identifier))
      throw new Error(`a queue of ${queue.identifier} is registered already`);
    this.queues.set(queue.identifier, queue);
  }

  /** Every queue. */
  get all(): readonly WatchedQueue[] {
    return [...this.queues.values()];
  }

  /** The queue that has been without workers for longest; null where none is. */
  worst(): (QueueState & { readonly identifier: string }) | null {
    const states = this.all.map((queue) => ({ identifier: queue.identifier, ...queue.state() }));
    const broken = states.filter(({ brokenMs }) => brokenMs > 0);
    return broken.sort((a, b) => b.brokenMs - a.brokenMs).at(0) ?? null;
  }
}
