import type { CarryOut, Pieces } from '../trainer/pieces.js';

/** How the processors were used since the look before. */
export interface ProcessorUse {
  /** Processors that others kept busy, on average. */
  readonly others: number;
  /** Processor time of this process, all of its threads, ms. */
  readonly own: number;
}

/** What a pace is kept by. */
export interface PaceParts {
  /** Threads that compute, and processors of the machine. */
  readonly threads: number;
  readonly processors: number;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Use since it was asked for last; null where nothing is known of it. */
  use(): ProcessorUse | null;
  /** Ends early when the signal says so. */
  wait(milliseconds: number): Promise<void>;
  /** The same, holding the calling thread; only for `carryOutHere`. */
  hold?(milliseconds: number): void;
  /** Whoever stops a training does not want it to rest first. */
  readonly signal: Pick<AbortSignal, 'aborted'>;
}

/** Numbers of the pace; docs/training.md says the same. */
export const PACE = {
  /** After so much work it looks around, as soon as a piece is done, ms. */
  microStepMs: 60,
  /** How long it rests before it looks around again, ms: long enough to tell something from clocks that tick a hundred times a second. */
  lookMs: 50,
  /** Longest rest, ms: of answers of 40 ms each fewer than one in twenty meet a micro-step then, which is what their 95th percentile asks for. */
  longestRestMs: 2500,
  /** Share of its threads' time that it works at least, however busy others are: where it got little done, it rests for less. */
  leastShare: 1 / 40,
  /** Share of the processors it computes on that others may use beside it without its resting: a desktop is never quite still. */
  allowance: 1 / 4,
} as const;

/**
 * Lets work rest while others want the processors: after every micro-step it looks who used them, and rests until they are free. All threads
 * of a training rest, since its helpers have nothing to do between two operations. What is computed is the same to the bit.
 */
export class Pace {
  /** Told, while it is set, when a rest begins and when it ends. */
  onRest: ((rests: boolean) => void) | null = null;
  private began: number;
  private total = 0;

  constructor(private readonly parts: PaceParts) {
    this.began = parts.now();
    parts.use();
  }

  /** How long it has rested so far, ms. */
  get rested(): number {
    return this.total;
  }

  /** Carries out work, resting between its pieces. */
  readonly carryOut: CarryOut = async (pieces) => {
    for (;;) {
      const next = pieces.next();
      if (next.done === true) return next.value;
      if (this.isDue) for (const milliseconds of this.rests()) await this.parts.wait(milliseconds);
    }
  };

  /** The same on a thread of its own, which nothing else has to get a turn on: it is held while it rests. */
  readonly carryOutHere = <T>(pieces: Pieces<T>): T => {
    for (;;) {
      const next = pieces.next();
      if (next.done === true) return next.value;
      if (this.isDue) for (const milliseconds of this.rests()) this.parts.hold?.(milliseconds);
    }
  };

  private get isDue(): boolean {
    return this.parts.now() - this.began >= PACE.microStepMs;
  }

  /** Looks around, and gives out what to wait for, ms, until nobody wants the processors or it has rested enough. */
  private *rests(): Generator<number, void> {
    const { parts } = this;
    const use = parts.use();
    if (!parts.signal.aborted && this.isWanted(use)) yield* this.rest(longestRest(use, parts.threads));
    this.began = parts.now();
  }

  private *rest(longest: number): Generator<number, void> {
    const { parts } = this;
    const began = parts.now();
    this.onRest?.(true);
    let rested: number;
    do {
      yield PACE.lookMs;
      rested = parts.now() - began;
    } while (this.isWanted(parts.use()) && !parts.signal.aborted && rested + PACE.lookMs <= longest);
    this.total += rested;
    this.onRest?.(false);
  }

  /** Whether others use more than what this one leaves to them, and a little beside it. */
  private isWanted(use: ProcessorUse | null): use is ProcessorUse {
    const { threads, processors } = this.parts;
    const left = Math.max(0, processors - threads);
    return use !== null && use.others > left + PACE.allowance * Math.min(threads, processors);
  }
}

/** How long to rest at most after so much work, ms. */
function longestRest({ own }: ProcessorUse, threads: number): number {
  const fair = (own / threads) * (1 / PACE.leastShare - 1);
  return Math.min(PACE.longestRestMs, Math.max(PACE.lookMs, fair));
}
