/** Batches longer than this are left to all threads: waiting for each other costs them little. */
const LONGEST_TRIAL_MS = 30;
/** Batches of one trial of the other number of threads. */
const TRIAL_BATCHES = 3;
/** A trial may take one part in so many of the time. */
const TRIAL_SHARE = 60;
/** The other number of threads must be better by this factor. */
const GAIN = 0.9;
/** Weight of the newest batch in a mean. */
const NEWEST = 0.1;

interface Mode {
  readonly threads: number;
  /** Mean milliseconds per row, decaying. */
  mean: number;
  samples: number;
}

/**
 * Decides whether batches of about one size run on all threads or on the leader alone. On an idle machine all are faster; where other
 * processes want the cores too, threads that wait for each other forty times per token lose more than they gain (measured: 160
 * tokens/s on two threads against 1,500 on one, shape S, load 8 on two cores). The bits are the same, so it may be tried out now and then.
 */
export class ThreadGovernor {
  private current: Mode;
  private other: Mode;
  private trial = 0;
  private sinceTrial = 0;
  private trialCost = 0;

  constructor(threads: number) {
    this.current = { threads, mean: 0, samples: 0 };
    this.other = { threads: 1, mean: 0, samples: 0 };
  }

  /** Threads for the next batch. */
  threads(): number {
    return this.trial > 0 ? this.other.threads : this.current.threads;
  }

  /** Hears how long the batch took that was run as `threads` said. */
  measured(milliseconds: number, rows: number): void {
    if (this.current.threads === this.other.threads) return;
    if (this.trial > 0) {
      learn(this.other, milliseconds / rows);
      this.trialCost += milliseconds;
      this.trial--;
    } else {
      learn(this.current, milliseconds / rows);
      this.sinceTrial += milliseconds;
      const due = this.sinceTrial > this.trialCost * TRIAL_SHARE && this.current.samples >= TRIAL_BATCHES;
      if (due && milliseconds < LONGEST_TRIAL_MS) this.startTrial();
    }
    const decided = this.trial === 0 && this.other.samples >= TRIAL_BATCHES;
    if (decided && this.other.mean < this.current.mean * GAIN) this.swap();
  }

  private startTrial(): void {
    this.trial = TRIAL_BATCHES;
    this.sinceTrial = 0;
    this.trialCost = 0;
  }

  private swap(): void {
    [this.current, this.other] = [this.other, this.current];
    this.sinceTrial = 0;
  }
}

function learn(mode: Mode, value: number): void {
  mode.samples++;
  mode.mean += (value - mode.mean) * Math.max(NEWEST, 1 / mode.samples);
}
