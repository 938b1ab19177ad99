/** A pause that can be ended early; an end before it starts makes the next pause short. */
export class Pause {
  private ended = false;
  private wake: (() => void) | null = null;

  /** Resolves after `ms` or when `end` is called. */
  async start(ms: number): Promise<void> {
    if (!this.ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.ended = false;
    this.wake = null;
  }

  /** Whether a pause that starts now would be over at once. */
  get endsAtOnce(): boolean {
    return this.ended;
  }

  /** Ends the current pause, or the next one. */
  end(): void {
    this.ended = true;
    this.wake?.();
  }
}
