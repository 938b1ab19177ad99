import { LONGEST_DRAFT, lookUp } from './prompt-lookup.js';

/** Weight of the newest draft in the running rate of acceptance. */
const NEWEST = 0.3;
/**
 * The share of guesses that has to be right: below, rows for wrong ones cost more than right ones save. Measured (genesis, 8 bit, one
 * thread): batches of 2, 3 and 5 rows take 1.5, 2.2 and 3.6 times as long as one of 1 row, so 4 guesses need 2.6 right ones.
 */
const LEAST_RATE = 0.7;
/** Guesses at once while none was right yet. */
const FIRST_DRAFT = 2;
/** Before anything is known. */
const FIRST_RATE = 0.75;
/** Tokens without a draft once the rate is too low; doubled each time, up to `LONGEST_PAUSE`. */
const PAUSE = 32;
const LONGEST_PAUSE = 256;

/** What was guessed and how much of it was right, for one engine. */
export interface SpeculationStats {
  /** Ids proposed and verified. */
  readonly drafted: number;
  /** Those that the sampler chose, too. */
  readonly accepted: number;
  /** Drafts verified: each took one batch and made one token more than it had right ids. */
  readonly verifications: number;
}

/** Counts of one engine. */
export class SpeculationCounters implements SpeculationStats {
  drafted = 0;
  accepted = 0;
  verifications = 0;
}

/**
 * Drafts of one sequence: only while they are right often enough. Which tokens the answer gets does not depend on it; it decides
 * only how many of them one batch may find.
 */
export class Speculation {
  private rate = FIRST_RATE;
  private length = FIRST_DRAFT;
  private pause = PAUSE;
  private quietUntil = 0;

  constructor(private readonly counters: SpeculationCounters) {}

  /** Ids that may follow; none while it would not pay. @param most ids wanted at most */
  draft(ids: readonly number[], most: number): readonly number[] {
    if (most <= 0 || ids.length < this.quietUntil) return [];
    return lookUp(ids, Math.min(most, this.length));
  }

  /** Hears how many of the ids drafted for a place were right. @param known ids of the sequence by now */
  verified(drafted: number, accepted: number, known: number): void {
    this.counters.verifications++;
    this.counters.drafted += drafted;
    this.counters.accepted += accepted;
    this.rate += NEWEST * (accepted / drafted - this.rate);
    if (accepted === drafted) [this.length, this.pause] = [LONGEST_DRAFT, PAUSE];
    if (this.rate >= LEAST_RATE) return;
    this.quietUntil = known + this.pause;
    this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
    [this.rate, this.length] = [LEAST_RATE, FIRST_DRAFT];
  }
}
