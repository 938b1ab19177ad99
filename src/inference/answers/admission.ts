import { CodedError, err, ok, type Result } from '../../common/index.js';
import type { LoadShedding } from '../../common/autonomy/load-shedding.js';
import type { Throughput } from './throughput.js';

const LONGEST_WAIT_SECONDS = 120;

/** Leave to use the engine; give it back with `release` exactly once (again is harmless). */
export interface Admission {
  release(): void;
}

/**
 * Lets a bounded number of answers in: as many as the engine works on at once, and `maxQueue` that wait. Everyone else
 * is refused at once with `QUEUE_FULL` (429) and told when to come back; everybody with `LOAD_SHED` (503) while a machine in
 * trouble recovers.
 */
export class AdmissionQueue {
  private answers = 0;
  private tokens = 0;

  /** @param limits read each time, as the engine's size changes while the server runs */
  constructor(
    private readonly limits: { readonly streams: number; readonly maxQueue: number },
    private readonly throughput: Throughput,
    private readonly shedding?: Pick<LoadShedding, 'current'>,
  ) {}

  /** Answers that are in: running or waiting. */
  get size(): number {
    return this.answers;
  }

  /** Answers that wait because all streams are taken. */
  get waiting(): number {
    return Math.max(0, this.answers - this.limits.streams);
  }

  /** @param answers how many to admit together, all or none  @param tokens the most they may generate together */
  admit(answers: number, tokens: number): Result<Admission> {
    const shed = this.shedding?.current() ?? null;
    if (shed !== null) return err(shedding(shed));
    if (this.answers + answers > this.limits.streams + this.limits.maxQueue) return err(this.full());
    this.answers += answers;
    this.tokens += tokens;
    let held = true;
    return ok({
      release: () => {
        if (!held) return;
        held = false;
        this.answers -= answers;
        this.tokens -= tokens;
      },
    });
  }

  /** Seconds until about one answer's worth of the admitted work is done at the recent speed. */
  retryAfterSeconds(): number {
    const speed = this.throughput.perSecond();
    if (speed === 0 || this.answers === 0) return 1;
    const seconds = Math.ceil(
      this.tokens / this.answers / (speed / Math.min(this.answers, this.limits.streams)),
    );
    return Math.min(LONGEST_WAIT_SECONDS, Math.max(1, seconds));
  }

  private full(): CodedError {
    const retryAfter = this.retryAfterSeconds();
    const detail = `${this.answers} answers are running or waiting already; try again in ${retryAfter} s.`;
    return new CodedError('QUEUE_FULL', detail, { retryAfter, queue: this.limits.maxQueue }, 429);
  }
}

function shedding({ why, forMs }: { why: string; forMs: number }): CodedError {
  const retryAfter = Math.max(1, Math.ceil(forMs / 1000));
  const detail = `The server takes no new answers for ${retryAfter} s so that it recovers: ${why}.`;
  return new CodedError('LOAD_SHED', detail, { retryAfter }, 503);
}
