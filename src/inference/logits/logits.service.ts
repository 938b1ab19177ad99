import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { AnswerMeter } from '../answers/answer-meter.js';
import { boundedWork } from '../answers/bounded-work.js';
import { EngineHost } from '../engine/engine-host.js';
import type { EngineModel } from '../engine/engine-port.js';
import type { LogitsRequest } from '../kernel/index.js';
import { ModelCatalog } from '../models/model-catalog.js';

/** Numbers one answer may hold: some 80 MB of JSON. */
const MOST_LOGITS = 1 << 22;

/** Raw logits after some token ids. */
export interface LogitsAnswer {
  readonly model: string;
  readonly version: string;
  /** Hash of the release block. */
  readonly release: string;
  /** Position of each row of `logits`, from 0. */
  readonly positions: readonly number[];
  /** One row per position, one number per token of the vocabulary. */
  readonly logits: readonly Float32Array[];
}

/** What the engine computes before anything is sampled, for comparison with other implementations. */
@Injectable()
export class LogitsService {
  constructor(
    private readonly models: ModelCatalog,
    private readonly engine: EngineHost,
    private readonly meter: AnswerMeter,
  ) {}

  /**
   * @param name `genesis` or `genesis@1.0.0`  @param last positions from the end; all by default
   * @returns refusals: `MODEL_NOT_FOUND`, `LOGITS_TOO_MANY`, `QUEUE_FULL`, `ANSWER_TIMEOUT`, those of the engine (`REQUEST_INVALID`,
   * `PROMPT_TOO_LONG`, …), `CANCELLED` when the signal fires
   */
  async compute(
    name: string,
    ids: readonly number[],
    last: number | undefined,
    signal: AbortSignal,
  ): Promise<Result<LogitsAnswer>> {
    const resolved = await this.models.resolve(name);
    if (!resolved.ok) return resolved;
    const { release, version, engine: model } = resolved.value;
    const { vocabSize } = model.config;
    if ((last ?? ids.length) * vocabSize > MOST_LOGITS) {
      const most = Math.floor(MOST_LOGITS / vocabSize);
      return err(
        new CodedError('LOGITS_TOO_MANY', `at most ${most} positions of this model at once`, { most }),
      );
    }
    const rows = await this.rows(model, { release, ids, last: last ?? ids.length }, signal);
    if (!rows.ok) return rows;
    const first = ids.length - rows.value.length;
    const positions = rows.value.map((_, i) => first + i);
    return ok({ model: resolved.value.name, version, release, positions, logits: rows.value });
  }

  /** As one request of the queue. */
  private async rows(
    model: EngineModel,
    request: LogitsRequest,
    signal: AbortSignal,
  ): Promise<Result<readonly Float32Array[]>> {
    const admission = this.meter.queue.admit(1, 1);
    if (!admission.ok) return admission;
    try {
      return await this.engine.use(model, (engine) =>
        boundedWork(signal, (listener) => engine.logits(request, listener)),
      );
    } finally {
      admission.value.release();
    }
  }
}
