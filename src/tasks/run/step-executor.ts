import { Injectable, Logger } from '@nestjs/common';
import { AutonomyGate } from '../../common/autonomy/autonomy-gate.js';
import {
  canonicalJson,
  CodedError,
  err,
  EventBus,
  messageOf,
  ok,
  type Json,
  type Result,
} from '../../common/index.js';
import type { StepBoundary } from '../../common/index.js';
import { databaseRefusal, isDatabaseUnavailable } from '../../database/index.js';
import type { StepContext, StepHandler } from '../steps/step-handler.js';
import { StepRegistry } from '../steps/step-registry.js';
import { Halt } from './halt.js';
import { outlasting } from './outlasting.js';
import { StepClaims, type ClaimedStep, type ClaimTrace } from './step-claims.js';
import { StepPulse } from './step-pulse.js';
import { StepSettlement } from './step-settlement.js';
import { StepQueue, type StepJob } from './step-queue.js';

/** Characters that the output of a step may have as JSON. */
const MOST_OUTPUT = 65_536;
/** How long a step is tried to be claimed while the database is away; its job waits for longer by itself, ms. */
const CLAIM_MS = 60_000;
/** How long before the end of all its time a step is over at the latest, so that there is time to note it, ms. */
const NOTE_MS = 5_000;

/** Does one step: claims it, lets its handler work with a deadline while it stays this process's, and settles what came of it. */
@Injectable()
export class StepExecutor {
  private readonly logger = new Logger('Tasks');

  constructor(
    private readonly registry: StepRegistry,
    private readonly claims: StepClaims,
    private readonly settlement: StepSettlement,
    private readonly queue: StepQueue,
    private readonly events: EventBus,
    private readonly gate: AutonomyGate,
  ) {}

  /** Does the step of a job; a job whose step is done, running elsewhere or given up does nothing. */
  async work(job: StepJob, worker: string): Promise<void> {
    this.reach(job, 'picked');
    const claimed = await this.claim(job, worker);
    if (claimed === null) return;
    this.reach(job, 'claimed');
    const pulse = new StepPulse(() => this.claims.alive(claimed), claimed.leaseEnds);
    await this.finish(job, claimed, pulse).finally(() => pulse.end());
  }

  private async finish(job: StepJob, claimed: ClaimedStep, pulse: StepPulse): Promise<void> {
    const halt = new Halt(this.events, this.gate, claimed.step.kept !== null);
    const outcome = await this.attempt(claimed, pulse, halt).finally(() => halt.end());
    // A lost lease says nothing about the step: where it is still the claim's, it begins again, and nothing is counted.
    const cutOff = [this.queue.stopSignal, halt.signal, pulse.signal].some(({ aborted }) => aborted);
    if (cutOff && !outcome.ok) {
      await this.patiently(claimed, () => this.settlement.interrupted(claimed));
      return;
    }
    this.reach(job, 'acted');
    await this.patiently(claimed, () => this.settlement.settle(claimed, outcome));
    this.reach(job, 'committed');
  }

  /** Claims a step also when the database is lost meanwhile: what was committed and not answered is known again. */
  private claim(job: StepJob, worker: string): Promise<ClaimedStep | null> {
    const trace: ClaimTrace = new Set();
    return outlasting(() => this.claims.claim(job, worker, trace), {
      passes: isDatabaseUnavailable,
      until: performance.now() + CLAIM_MS,
      signal: this.queue.stopSignal,
    });
  }

  /** What came of it is noted as soon as the database can, within the step's time; once another has taken the step, it counts for nothing. */
  private patiently({ timeEnds }: ClaimedStep, note: () => Promise<void>): Promise<void> {
    return outlasting(note, {
      passes: (thrown) => databaseRefusal(thrown) !== null,
      until: timeEnds,
      signal: this.queue.stopSignal,
    });
  }

  private async attempt(claimed: ClaimedStep, pulse: StepPulse, halt: Halt): Promise<Result<Json>> {
    const handler = this.registry.of(claimed.step.type);
    if (!handler.ok) return handler;
    const cancelled = new AbortController();
    const watch = this.events.on('task.changed', ({ task, state }) => {
      if (task === claimed.task.id && state === 'cancelled') cancelled.abort();
    });
    try {
      return await this.inTime(handler.value, claimed, { pulse, cancelled: cancelled.signal, halt });
    } catch (thrown) {
      if (thrown instanceof CodedError) return err(thrown);
      this.logger.warn(`step ${claimed.step.type} of ${claimed.task.id} threw: ${messageOf(thrown)}`);
      return err(new CodedError('STEP_THREW', messageOf(thrown).slice(0, 500), {}, 500));
    } finally {
      watch();
    }
  }

  /** A handler that does not heed its deadline is left alone: what it says afterwards counts for nothing. */
  private async inTime(
    handler: StepHandler,
    claimed: ClaimedStep,
    { pulse, cancelled, halt }: { pulse: StepPulse; cancelled: AbortSignal; halt: Halt },
  ): Promise<Result<Json>> {
    const leftMs = Math.floor(claimed.timeEnds - performance.now()) - NOTE_MS;
    const timeMs = Math.max(0, Math.min(handler.timeoutMs, leftMs));
    const deadline = AbortSignal.timeout(timeMs);
    const signal = AbortSignal.any([deadline, pulse.signal, cancelled, halt.signal, this.queue.stopSignal]);
    const why = () => err(overdue(handler.type, timeMs, deadline.aborted));
    if (signal.aborted) return why();
    const over = new Promise<Result<Json>>((resolve) => {
      signal.addEventListener('abort', () => resolve(why()), { once: true });
    });
    const outcome = await Promise.race([
      handler.run(claimed.step.parameters, this.context(claimed, signal, halt)),
      over,
    ]);
    return outcome.ok ? boundedOutput(outcome.value) : outcome;
  }

  private context(claimed: ClaimedStep, signal: AbortSignal, halt: Halt): StepContext {
    const { task, step, outputs } = claimed;
    return {
      ...{ task: task.id, step: step.index, key: `${task.id}/${step.index}`, attempt: claimed.attempt },
      ...{ owner: task.owner, signal, kept: step.kept, outputs },
      keep: async (value) => {
        halt.effectBegins();
        await this.claims.keep(claimed, value);
        this.reach({ task: task.id, step: step.index }, 'prepared');
      },
    };
  }

  private reach({ task, step }: StepJob, boundary: StepBoundary): void {
    this.events.emit('task.boundary', { task, step, boundary });
  }
}

function boundedOutput(output: Json): Result<Json> {
  if (canonicalJson(output).length <= MOST_OUTPUT) return ok(output);
  return err(new CodedError('STEP_OUTPUT_TOO_LARGE', `The step's output exceeds ${MOST_OUTPUT} characters.`));
}

function overdue(type: string, timeMs: number, late: boolean): CodedError {
  const detail = late ? `${type} took longer than ${timeMs} ms.` : `${type} was stopped.`;
  return new CodedError(late ? 'STEP_TIMEOUT' : 'STEP_STOPPED', detail, {}, 503);
}
