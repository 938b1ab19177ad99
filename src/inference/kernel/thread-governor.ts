/** Batches longer than this are left to all threads: waiting for each other costs them little. */
const LONGEST_TRIAL_MS = 30;
/** Batches of one trial of the other number of threads; the first wakes or sends to sleep and does not count. */
const TRIAL_BATCHES = 6;
/** A trial of fewer threads may take one part in so many of the time. */
const TRIAL_SHARE = 60;
/** A trial of all threads: more often, as the machine may be quiet again. */
const TRIAL_SHARE_REDUCED = 25;
/** Fewer threads must take at most this part of the time, in `CONFIRMATIONS` trials in a row: a burst of noise is no reason. */
const GAIN_FROM_FEWER = 0.85;
/** All threads need only be a little better: they suffer from a moment's noise, and on a quiet machine they win. */
const GAIN_FROM_ALL = 0.97;
/** Trials in a row that must agree before fewer threads are taken. */
const CONFIRMATIONS = 2;
/** Weight of the newest batch in the running mean. */
const NEWEST = 0.05;

/**
 * Decides whether batches of about one size run on all threads or on the leader alone. On an idle machine all are faster; where other
 * processes want the cores too, threads that wait for each other's pieces in every phase may lose more than they gain (measured
 * with barriers in their place: 160 tokens/s on two threads against 1,500 on one, shape S, load 8 on two cores). The bits are the same, so it may be tried out now and
 * then. Each trial is judged by its own batches alone: what was slow in the past says nothing about now.
 */
export class ThreadGovernor {
  private reduced = false;
  private readonly running = new RunningMean();
  private trial: Trial | null = null;
  private sinceTrial = 0;
  private trialCost = 0;
  private agreed = 0;

  /** @param limit all threads */
  constructor(private readonly limit: number) {}

  /** Threads for the next batch. */
  threads(): number {
    return this.reduced === (this.trial === null) ? 1 : this.limit;
  }

  /** Hears how long the batch took that was run as `threads` said. */
  measured(milliseconds: number, rows: number): void {
    if (this.limit === 1) return;
    if (this.trial !== null) {
      this.trial.add(milliseconds, rows);
      if (this.trial.batches === TRIAL_BATCHES) this.judge(this.trial);
      return;
    }
    this.running.add(milliseconds / rows);
    this.sinceTrial += milliseconds;
    const share = this.reduced ? TRIAL_SHARE_REDUCED : TRIAL_SHARE;
    const due = this.sinceTrial > this.trialCost * share && this.running.samples >= TRIAL_BATCHES;
    if (due && milliseconds < LONGEST_TRIAL_MS) this.trial = new Trial();
  }

  private judge(trial: Trial): void {
    this.trial = null;
    this.sinceTrial = 0;
    this.trialCost = trial.milliseconds;
    const better = trial.mean < this.running.mean * (this.reduced ? GAIN_FROM_ALL : GAIN_FROM_FEWER);
    this.agreed = better ? this.agreed + 1 : 0;
    if (!better) return;
    // measured anew, so that a burst that is over does not count twice; the trial that must confirm follows soon
    this.running.reset();
    if (this.agreed < (this.reduced ? 1 : CONFIRMATIONS)) this.trialCost = 0;
    else this.swap();
  }

  private swap(): void {
    this.reduced = !this.reduced;
    this.agreed = 0;
  }
}

/** Batches of one trial. */
class Trial {
  batches = 0;
  milliseconds = 0;
  private counted = 0;

  add(milliseconds: number, rows: number): void {
    this.milliseconds += milliseconds;
    if (this.batches++ > 0) this.counted += milliseconds / rows;
  }

  /** Mean milliseconds per row. */
  get mean(): number {
    return this.counted / (this.batches - 1);
  }
}

/** Mean milliseconds per row that forgets slowly. */
class RunningMean {
  mean = 0;
  samples = 0;

  add(value: number): void {
    this.samples++;
    this.mean += (value - this.mean) * Math.max(NEWEST, 1 / this.samples);
  }

  reset(): void {
    this.mean = 0;
    this.samples = 0;
  }
}
