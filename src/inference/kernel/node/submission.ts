import { err, ok, type Result } from '../../../common/index.js';
import { cancelled } from '../refusals.js';
import type { GenerateEvent, Work } from '../requests.js';
import { emptyAnswer } from '../work-task.js';
import type { Reply } from './protocol.js';
import { lostToCrash, type ThreadGroup } from './thread-group.js';

/** Crashes that one request may see: after the second it is refused, so that a request that kills the engine cannot do so for ever. */
const MOST_CRASHES = 2;

/** The threads as a request finds them: those that live now, or those that are being started in their place. */
export interface Lives {
  readonly group: () => Promise<ThreadGroup>;
  /** Loads a model that a crash has lost; null when it is there. */
  readonly recover: (group: ThreadGroup, release: string) => Promise<Result<Reply>> | null;
}

/**
 * A request from its submission to its result. Where the threads die before they have begun with it, nothing of it was computed or
 * told: it is submitted again to those that follow, with the time it has waited, so that its turn and its deadline stay what they
 * were. Once begun, it is refused with `ENGINE_RESTARTED`, as it is at a second crash.
 */
export class Submission {
  /** Never rejects because of a crash. */
  readonly done: Promise<Result<Reply>>;
  private readonly asked = performance.now();
  private settle: (result: Result<Reply>) => void = () => undefined;
  private withdrawn = false;
  /** While the threads have it. */
  private cancelCall: (() => void) | null = null;

  constructor(
    private readonly work: Work,
    private readonly on: (event: GenerateEvent) => void,
    private readonly lives: Lives,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.settle = resolve;
      this.run().then(resolve, reject);
    });
  }

  /** Ends it soon: an answer keeps the tokens it has, everything else is refused with `CANCELLED`. */
  cancel(): void {
    this.withdrawn = true;
    if (this.cancelCall) this.cancelCall();
    else this.settle(this.nothing());
  }

  private async run(): Promise<Result<Reply>> {
    for (let crashes = 1; ; crashes++) {
      const { result, begun } = await this.attempt();
      if (begun || crashes === MOST_CRASHES || !lostToCrash(result)) return result;
      if (this.withdrawn) return this.nothing();
    }
  }

  private async attempt(): Promise<{ result: Result<Reply>; begun: boolean }> {
    const group = await this.lives.group();
    const recovered = await (this.lives.recover(group, this.work.release) ?? ok(null));
    if (this.withdrawn) return { result: this.nothing(), begun: false };
    if (!recovered.ok) return { result: recovered, begun: false };
    const call = group.call({ type: 'submit', work: this.work, waitedMs: this.waitedMs }, this.on);
    this.cancelCall = () => group.cancel(call.id);
    const result = await call.done;
    this.cancelCall = null;
    return { result, begun: call.begun() };
  }

  private get waitedMs(): number {
    return performance.now() - this.asked;
  }

  /** What a request ends with that was cancelled before it began. */
  private nothing(): Result<Reply> {
    return this.work.kind === 'generate' ? ok(emptyAnswer(this.waitedMs)) : err(cancelled());
  }
}
