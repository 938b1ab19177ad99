const HOUR_MS = 3_600_000;

/** Counts remedies per cause within an hour, so that the server never heals in a loop. */
export class AttemptBudget {
  private readonly tried = new Map<string, number[]>();

  /** @param at ms since the epoch */
  note(cause: string, at: number): void {
    this.tried.set(cause, [...this.within(cause, at), at]);
  }

  /** How many were tried within the hour before `now`. */
  used(cause: string, now: number): number {
    return this.within(cause, now).length;
  }

  private within(cause: string, now: number): number[] {
    return (this.tried.get(cause) ?? []).filter((at) => at > now - HOUR_MS);
  }
}
