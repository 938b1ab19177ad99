import { CodedError } from '../../common/index.js';

/** Longest time an answer may wait for the engine, ms; the engine itself refuses it then. */
export const LONGEST_WAIT_MS = 120_000;
/** How much later it is given up here, in case the engine says nothing, ms. */
const GRACE_MS = 5_000;
/** Longest time an answer may take altogether, ms. */
const LONGEST_ANSWER_MS = 3_600_000;

/** Ends an answer that waits or runs for too long. */
export class Deadline {
  private expiredFor: 'waiting' | 'running' | null = null;
  private waiting: NodeJS.Timeout | null;
  private readonly running: NodeJS.Timeout;

  /** @param expire called when time is up */
  constructor(expire: () => void) {
    const at = (reason: 'waiting' | 'running') => () => {
      this.expiredFor = reason;
      expire();
    };
    this.waiting = setTimeout(at('waiting'), LONGEST_WAIT_MS + GRACE_MS).unref();
    this.running = setTimeout(at('running'), LONGEST_ANSWER_MS).unref();
  }

  /** The engine has begun: from now on only the whole counts. */
  begun(): void {
    if (this.waiting === null) return;
    clearTimeout(this.waiting);
    this.waiting = null;
  }

  /** Why the time was up, as the refusal to answer with; null while it is not. */
  refusal(): CodedError | null {
    if (this.expiredFor === null) return null;
    const detail =
      this.expiredFor === 'waiting'
        ? `The engine did not begin within ${LONGEST_WAIT_MS / 1000} s; nothing was generated.`
        : `The answer took more than ${LONGEST_ANSWER_MS / 1000} s and was stopped.`;
    return new CodedError('ANSWER_TIMEOUT', detail, { retryAfter: 1 }, 503);
  }

  /** Stops the clock. */
  stop(): void {
    this.begun();
    clearTimeout(this.running);
  }
}
