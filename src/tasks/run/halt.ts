import type { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import { CodedError, type EventBus } from '../../common/index.js';

/**
 * The emergency stop for one running step: ends it at once, unless its effect is being made. What has been prepared goes on
 * to its end, because nobody could say whether it is out already.
 */
export class Halt {
  private readonly halted = new AbortController();
  private readonly unwatch: () => unknown;

  /** @param underWay whether an earlier attempt has prepared the effect */
  constructor(
    events: EventBus,
    private readonly gate: AutonomyGate,
    private underWay: boolean,
  ) {
    this.unwatch = events.on('autonomy.changed', () => this.look());
    // It may have come after the step was claimed.
    this.look();
  }

  /** Aborts when automatic action is stopped and nothing speaks against ending the step. */
  get signal(): AbortSignal {
    return this.halted.signal;
  }

  /** From here on the step is finished. Throws `STEP_STOPPED` when it was ended before. */
  effectBegins(): void {
    if (this.halted.signal.aborted)
      throw new CodedError('STEP_STOPPED', 'Automatic action was stopped before the effect began.', {}, 503);
    this.underWay = true;
  }

  /** Watches no more. */
  end(): void {
    this.unwatch();
  }

  private look(): void {
    if (!this.underWay && !this.gate.state().allowed) this.halted.abort();
  }
}
