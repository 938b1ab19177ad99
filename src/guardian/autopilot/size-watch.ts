/** How much there is to do, and how large the engine is. */
export interface EngineLoad {
  /** Answers that wait for a place. */
  readonly waiting: number;
  /** Answers that are made now. */
  readonly active: number;
  /** Answers the engine makes at once. */
  readonly streams: number;
  /** The same as configured, to which it goes back. */
  readonly configured: number;
  /** As many as the engine can make at once at most. */
  readonly most: number;
}

/** A change of the engine's size that the load speaks for. */
export interface SizeWish {
  readonly action: 'scale_up' | 'scale_down';
  readonly streams: number;
  /** For whoever must decide. */
  readonly why: string;
}

/** Looks in a row with callers waiting, before more streams are asked for. */
const BUSY_LOOKS = 8;
/** Looks in a row with little to do, before the configured size is asked for again: longer, so that it does not swing. */
const IDLE_LOOKS = 40;
/** How many times the configured streams there may be. */
const MOST_TIMES = 4;

/** Sees when the engine is too small or too large for long enough. Only looks in a row count: one that differs begins anew. */
export class SizeWatch {
  private busy = 0;
  private idle = 0;

  /** Takes note of a look; null while nothing is to be changed. */
  look({ waiting, active, streams, configured, most: possible }: EngineLoad): SizeWish | null {
    this.busy = waiting > 0 && active >= streams ? this.busy + 1 : 0;
    this.idle = waiting === 0 && active * 2 <= configured && streams > configured ? this.idle + 1 : 0;
    const most = Math.min(possible, configured * MOST_TIMES);
    if (this.busy >= BUSY_LOOKS && streams < most) {
      this.busy = 0;
      const why = `callers wait although ${streams} answers are made at once (${BUSY_LOOKS} looks in a row)`;
      return { action: 'scale_up', streams: Math.min(most, streams * 2), why };
    }
    if (this.idle < IDLE_LOOKS) return null;
    this.idle = 0;
    const why = `at most ${configured / 2} answers were made at once (${IDLE_LOOKS} looks in a row)`;
    return { action: 'scale_down', streams: configured, why };
  }
}
