import { err, type Result } from '../../common/index.js';
import type {
  EngineEvent,
  EngineGeneration,
  EnginePort,
  EngineRequest,
  EngineResult,
} from '../engine/engine-port.js';
import type { PreparedAnswer } from './answer-request.js';
import { Deadline, LONGEST_WAIT_MS } from './deadline.js';

/** One generation in the engine, ended by a signal or by its deadline. */
export class EngineTask {
  private readonly generation: EngineGeneration;
  private readonly deadline = new Deadline(() => this.cancel());
  private readonly onAbort = () => this.cancel();

  constructor(
    engine: EnginePort,
    request: EngineRequest,
    private readonly signal: AbortSignal,
    on: (event: EngineEvent) => void,
  ) {
    this.generation = engine.generate(request, (event) => {
      this.deadline.begun();
      on(event);
    });
    signal.addEventListener('abort', this.onAbort, { once: true });
    if (signal.aborted) this.cancel();
  }

  /** Has it end with what it has made. */
  cancel(): void {
    this.generation?.cancel();
  }

  /** What it came to; refuses with `ANSWER_TIMEOUT` and as the engine does. */
  async done(): Promise<Result<EngineResult>> {
    try {
      const result = await this.generation.done;
      const late = this.deadline.refusal();
      return late === null ? result : err(late);
    } finally {
      this.signal.removeEventListener('abort', this.onAbort);
      this.deadline.stop();
    }
  }
}

/** What the engine is asked for. */
export function engineRequest(prepared: PreparedAnswer): EngineRequest {
  const { model, promptIds, maxTokens, sampling, stop, logprobs, speculative } = prepared;
  const waiting = { priority: 'inference', maxWaitMs: LONGEST_WAIT_MS } as const;
  const request = {
    release: model.release,
    promptIds,
    maxTokens,
    stopIds: model.stopIds,
    sampling,
    ...waiting,
    ...(stop.length === 0 ? {} : { routes: true }),
    ...(speculative === undefined ? {} : { speculative }),
  };
  return logprobs === undefined ? request : { ...request, logprobs };
}
