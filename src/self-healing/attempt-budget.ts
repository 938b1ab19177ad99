const HOUR_MS = 3_600_000;

/**
 * Counts remedies per cause within an hour, so that the server never heals in a loop. The hour is one of a clock that only goes
 * forward: setting the machine's clock neither allows more nor forbids what is due.
 */
export class AttemptBudget {
  private readonly tried = new Map<string, number[]>();

  /** @param now a clock that only goes forward, ms */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @param agoMs how long ago it was tried; 0 for just now */
  note(cause: string, agoMs = 0): void {
    this.tried.set(cause, [...this.within(cause), this.now() - agoMs]);
  }

  /** How many were tried within the last hour. */
  used(cause: string): number {
    return this.within(cause).length;
  }

  private within(cause: string): number[] {
    return (this.tried.get(cause) ?? []).filter((at) => at > this.now() - HOUR_MS);
  }
}
