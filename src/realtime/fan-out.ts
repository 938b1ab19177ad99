import type { Notice } from './topics.js';

/** Carries notices to every replica, this one included. Losing one is harmless where that is told; order is kept per sender. */
export abstract class FanOut {
  /** Sends a notice to all replicas. */
  abstract publish(notice: Notice): void;
  /** Listens to the notices of all replicas. */
  abstract listen(handler: (notice: Notice) => void): void;
  /** Has the handler told when notices of other replicas may have been lost: after that, none is. */
  abstract onGap(handler: () => void): void;
  /** Lets go of connections. */
  abstract close(): Promise<void>;
}

/** The fan-out of a single process. */
export class MemoryFanOut extends FanOut {
  private readonly handlers: ((notice: Notice) => void)[] = [];

  publish(notice: Notice): void {
    for (const handler of this.handlers) handler(notice);
  }

  listen(handler: (notice: Notice) => void): void {
    this.handlers.push(handler);
  }

  onGap(): void {
    // A single process hears all it says.
  }

  close(): Promise<void> {
    this.handlers.length = 0;
    return Promise.resolve();
  }
}
