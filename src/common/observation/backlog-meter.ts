/** Looks remembered at most; the oldest goes. */
const LOOKS = 720;

/**
 * How long the oldest waiting item of a queue with rising ids has waited, measured by when its id was first seen to be given out and not by
 * what is written in it: a wall clock that jumps neither hides a backlog nor makes one up. Off by the time between two looks.
 */
export class BacklogMeter {
  private readonly looks: { readonly newest: bigint; readonly at: number }[] = [];

  /** @param now a clock that only goes forward, ms */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Takes a look. @param oldest the lowest id that waits, null when none does @param newest the highest. @returns ms */
  look(oldest: bigint | null, newest: bigint | null): number {
    const at = this.now();
    if (oldest === null || newest === null) {
      this.looks.length = 0;
      return 0;
    }
    while (this.looks.length > 0 && this.looks[0].newest < oldest) this.looks.shift();
    this.looks.push({ newest, at });
    if (this.looks.length > LOOKS) this.looks.splice(1, 1);
    return at - this.looks[0].at;
  }
}
