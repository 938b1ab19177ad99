/** Pauses and the end of a training, and a clock that stands while it is paused. */
export class Pace {
  private pausedAt: number | null = null;
  private pausedMs = 0;
  private resumed: (() => void) | null = null;
  private stopped = false;

  /** @param clock milliseconds, never going back */
  constructor(private readonly clock: () => number) {}

  /** Milliseconds without pauses. */
  now(): number {
    return (this.pausedAt ?? this.clock()) - this.pausedMs;
  }

  /** Holds the training before its next update. */
  pause(): void {
    this.pausedAt ??= this.clock();
  }

  /** Lets it go on. */
  resume(): void {
    if (this.pausedAt !== null) this.pausedMs += this.clock() - this.pausedAt;
    this.pausedAt = null;
    this.resumed?.();
    this.resumed = null;
  }

  /** Ends it with what is best so far. */
  stop(): void {
    this.stopped = true;
    this.resume();
  }

  /** Between two updates: lets messages in, and waits while paused. @returns whether it is to end */
  async turn(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve));
    if (this.pausedAt !== null) await new Promise<void>((resolve) => (this.resumed = resolve));
    return this.stopped;
  }
}
