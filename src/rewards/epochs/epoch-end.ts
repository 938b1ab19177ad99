import type { RewardsPolicy } from '../policy/rewards-policy.js';

/** Where a leaf that may count lies, and when it was made. */
export interface LeafTime {
  readonly index: number;
  /** ms since the epoch. */
  readonly time: number;
}

/** How long the log may be behind the clock before a quiet log ends an epoch, ms: entries get their places within a second. */
const SETTLED_MS = 10_000;

/**
 * Follows the leaves behind the last epoch, in their order, and says where the next one ends: before the first leaf of a later
 * half hour (or what the policy says) than that of the first leaf that counts. Leaves that do not count begin no epoch.
 */
export class EpochEnd {
  private boundary: number | null = null;
  private end: number | null = null;

  constructor(private readonly policy: Pick<RewardsPolicy, 'epochMs'>) {}

  /** Takes the next leaf. @param counts whether it decides anything */
  take({ index, time }: LeafTime, counts: boolean): void {
    if (this.end !== null) return;
    if (this.boundary !== null && time >= this.boundary) this.end = index;
    else if (this.boundary === null && counts)
      this.boundary = (Math.floor(time / this.policy.epochMs) + 1) * this.policy.epochMs;
  }

  /** Whether leaves told where the epoch ends; those behind need not be taken. */
  get isFound(): boolean {
    return this.end !== null;
  }

  /** Where the epoch ends; null while it goes on. @param size leaves of the log  @param now ms since the epoch */
  at(size: number, now: number): number | null {
    if (this.end !== null) return this.end;
    return this.boundary !== null && now >= this.boundary + SETTLED_MS ? size : null;
  }
}
