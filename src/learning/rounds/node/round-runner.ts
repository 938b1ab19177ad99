import { Worker } from 'node:worker_threads';
import { Injectable } from '@nestjs/common';
import { CodedError, err, messageOf, ok, type Result } from '../../../common/index.js';
import { Turnstile } from '../../../common/turnstile.js';
import type { RoundFinding, RoundWork } from './round-work.js';

/** Memory of JavaScript objects that the work may take, MiB. */
const MOST_MEMORY_MB = 1_024;
/** How long it may take, ms. */
const DEADLINE_MS = 300_000;
/** Threads of each kind at once: more would only take the cores from those who answer. */
const MOST_THREADS = 1;
/** Members of a round show their updates at the same time: they wait in line. */
const MOST_WAITING = 64;

/** Reads and combines updates in a thread of its own: what people wait for must not wait for it. */
@Injectable()
export class RoundRunner {
  /** A lane of its own for results: whoever floods a round with updates does not keep others from theirs. */
  private readonly lanes = { check: lane(), aggregate: lane() };

  /** Throws `ROUND_BUSY` (503) while too many wait; `ROUND_WORK_FAILED` (503) when the thread ends by itself. Neither says anything about the updates. */
  run(work: RoundWork): Promise<Result<RoundFinding>> {
    return this.lanes[work.kind].pass(() => this.start(work));
  }

  private start(work: RoundWork): Promise<Result<RoundFinding>> {
    const worker = new Worker(new URL('./round-thread.js', import.meta.url), {
      workerData: work,
      name: 'round',
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    });
    const outcome = new Promise<Result<RoundFinding>>((resolve) => {
      const fail = (detail: string) =>
        resolve(err(new CodedError('ROUND_WORK_FAILED', detail.slice(0, 500), {}, 503)));
      const timer = setTimeout(() => fail('the work on the updates took too long'), DEADLINE_MS);
      worker.once('message', (found: RoundFinding) => resolve(ok(found)));
      worker.once('error', (thrown) => fail(messageOf(thrown)));
      worker.once('exit', (code) => {
        clearTimeout(timer);
        fail(`the thread ended with ${code}`);
      });
    });
    return outcome.finally(() => worker.terminate());
  }
}

function lane(): Turnstile {
  const refusal = () => new CodedError('ROUND_BUSY', 'other updates are being read; try again', {}, 503);
  return new Turnstile(MOST_THREADS, MOST_WAITING, refusal);
}
