/** How long a step is left to whoever works on it without a sign of life, ms. */
export const LEASE_MS = 45_000;
/** How often there is one, ms. */
const BEAT_MS = 15_000;
/** How long after one that the database did not answer there is another, ms. */
const BEAT_AGAIN_MS = 2_000;
/** How long before the end of its lease a step is given up, so that its work has ended when another takes it up, ms. */
const EARLY_MS = 5_000;

/**
 * Shows, while a step is worked on, that it is, and hears when it is no longer this process's: its task was cancelled through another
 * replica, or its lease ran out because the database could not be asked.
 */
export class StepPulse {
  private readonly over = new AbortController();
  private beats: NodeJS.Timeout | undefined;
  private loss: NodeJS.Timeout | undefined;
  private ended = false;

  /**
   * @param alive shows a sign of life, and answers whether the step is still the claim's
   * @param leaseEnds when the lease of the claim ends, by `performance.now()`; if anything too early
   */
  constructor(
    private readonly alive: () => Promise<boolean>,
    leaseEnds: number,
  ) {
    const leftMs = leaseEnds - performance.now();
    // A claim that was long in coming has less left.
    this.beatAfter(Math.min(BEAT_MS, Math.max(0, leftMs) / 3));
    this.heldUntil(leaseEnds);
  }

  /** Aborts when the step is no longer the claim's, or may soon be another's. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Shows and hears nothing more. */
  end(): void {
    this.ended = true;
    clearTimeout(this.beats);
    clearTimeout(this.loss);
  }

  private beatAfter(ms: number): void {
    this.beats = setTimeout(() => void this.beat(), ms);
  }

  private async beat(): Promise<void> {
    const asked = performance.now();
    const own = await this.alive().catch(() => null);
    if (this.ended) return;
    if (own === false) return this.lose();
    if (own === true) this.heldUntil(asked + LEASE_MS);
    this.beatAfter(own === null ? BEAT_AGAIN_MS : BEAT_MS);
  }

  private heldUntil(leaseEnds: number): void {
    clearTimeout(this.loss);
    const leftMs = leaseEnds - EARLY_MS - performance.now();
    if (leftMs <= 0) this.lose();
    else this.loss = setTimeout(() => this.lose(), leftMs);
  }

  private lose(): void {
    this.end();
    this.over.abort();
  }
}
