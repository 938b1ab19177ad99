import type { Clock } from '../../common/index.js';

const WINDOW_SECONDS = 10;

/** How many tokens per second were made lately: counts per second over the last ten. */
export class Throughput {
  private readonly counts = new Float64Array(WINDOW_SECONDS);
  private readonly seconds = new Float64Array(WINDOW_SECONDS).fill(-1);

  constructor(private readonly clock: Clock) {}

  /** Counts tokens made now. */
  add(tokens: number): void {
    const second = Math.floor(this.clock.now() / 1000);
    const slot = second % WINDOW_SECONDS;
    if (this.seconds[slot] !== second) {
      this.seconds[slot] = second;
      this.counts[slot] = 0;
    }
    this.counts[slot] += tokens;
  }

  /** Tokens per second over the seconds in which any were made; 0 when none were. */
  perSecond(): number {
    const now = Math.floor(this.clock.now() / 1000);
    let tokens = 0;
    let busy = 0;
    for (let slot = 0; slot < WINDOW_SECONDS; slot++) {
      if (this.seconds[slot] <= now - WINDOW_SECONDS || this.counts[slot] === 0) continue;
      tokens += this.counts[slot];
      busy += 1;
    }
    return busy === 0 ? 0 : tokens / busy;
  }

  /** Tokens made in the last whole second: what the status bar shows. */
  lastSecond(): number {
    const second = Math.floor(this.clock.now() / 1000) - 1;
    const slot = second % WINDOW_SECONDS;
    return this.seconds[slot] === second ? this.counts[slot] : 0;
  }
}
