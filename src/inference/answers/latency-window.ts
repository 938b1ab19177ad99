import type { Clock } from '../../common/index.js';

/** How far back a window looks, ms: as far as the charts of the dashboard. */
export const WINDOW_MS = 5 * 60_000;
/** Measurements kept; of more within the time, the newest count. */
const CAPACITY = 1024;

/** What a window holds: how many measurements, and their quantiles in their own unit, 0 where there are none. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
}

/** Durations measured lately. Quantiles are measured values (nearest rank), not estimates from buckets. */
export class LatencyWindow {
  private readonly at = new Float64Array(CAPACITY).fill(-Infinity);
  private readonly values = new Float64Array(CAPACITY);
  private next = 0;

  constructor(private readonly clock: Clock) {}

  /** Notes a duration that was measured now. */
  add(value: number): void {
    this.at[this.next] = this.clock.now();
    this.values[this.next] = value;
    this.next = (this.next + 1) % CAPACITY;
  }

  /** The last five minutes. */
  summary(): LatencySummary {
    const since = this.clock.now() - WINDOW_MS;
    const recent = this.values.filter((_, i) => this.at[i] > since).sort();
    return { count: recent.length, p50: nearestRank(recent, 0.5), p95: nearestRank(recent, 0.95) };
  }
}

/** The smallest value that at least that share of all do not exceed. */
function nearestRank(sorted: Float64Array, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.ceil(share * sorted.length) - 1];
}
