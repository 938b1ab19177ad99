import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type Result } from '../../common/index.js';
import { EngineHost } from '../engine/engine-host.js';
import type { EnginePort } from '../engine/engine-port.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import type { ServedModel } from '../models/served-model.js';

/** What is answered while routing is recorded. */
export interface RecordingOptions {
  readonly prompts: readonly string[];
  readonly maxTokens: number;
  /** Answers made at the same time. */
  readonly streams: number;
}

/** Which experts the engine used: read from its ring, or recorded for the purpose. */
@Injectable()
export class RoutingTraces {
  constructor(
    private readonly models: ModelCatalog,
    private readonly engine: EngineHost,
    private readonly encoder: PromptEncoder,
  ) {}

  /** The latest passes of a model as a trace file; refuses with `TRACE_ABSENT` (404) when none was recorded. */
  async read(name: string): Promise<Result<Uint8Array>> {
    const model = await this.models.resolve(name);
    if (!model.ok) return model;
    return this.engine.use(model.value.engine, (engine) => readTrace(engine, model.value));
  }

  /** Answers prompts, with the model's own sampling and fixed seeds, and reads the trace of it; no receipt is made. */
  async record(
    name: string,
    options: RecordingOptions,
    on: (done: number) => void,
  ): Promise<Result<Uint8Array>> {
    const resolved = await this.models.resolve(name);
    if (!resolved.ok) return resolved;
    const model = resolved.value;
    return this.engine.use(model.engine, async (engine) => {
      const answered = await this.answerAll(engine, model, options, on);
      return answered.ok ? readTrace(engine, model) : answered;
    });
  }

  private async answerAll(
    engine: EnginePort,
    model: ServedModel,
    { prompts, maxTokens, streams }: RecordingOptions,
    on: (done: number) => void,
  ): Promise<Result<void>> {
    let next = 0;
    let done = 0;
    const stream = async (): Promise<Result<void>> => {
      while (next < prompts.length) {
        const seed = next++;
        const answered = await this.answer(engine, model, prompts[seed], maxTokens, seed);
        if (!answered.ok) return answered;
        on(++done);
      }
      return ok();
    };
    const results = await Promise.all(Array.from({ length: streams }, stream));
    return results.find((result) => !result.ok) ?? ok();
  }

  private async answer(
    engine: EnginePort,
    model: ServedModel,
    text: string,
    maxTokens: number,
    seed: number,
  ): Promise<Result<void>> {
    const ids = await this.promptIds(model, text);
    if (!ids.ok) return ids;
    const { maxTokens: _, ...defaults } = model.defaults;
    const room = model.context - ids.value.length;
    if (room < 1) return err(new CodedError('PROMPT_TOO_LONG', `a prompt fills the whole context: ${text}`));
    const generation = engine.generate(
      {
        release: model.release,
        promptIds: ids.value,
        maxTokens: Math.min(maxTokens, room),
        stopIds: model.stopIds,
        sampling: { ...defaults, presencePenalty: 0, frequencyPenalty: 0, seed },
      },
      () => undefined,
    );
    const done = await generation.done;
    return done.ok ? ok() : done;
  }

  /** A model without a tokenizer takes the numbers in the text as its token ids. */
  private async promptIds(model: ServedModel, text: string): Promise<Result<readonly number[]>> {
    if (model.tokenizer === null) return ok((text.match(/\d{1,9}/g) ?? []).map(Number));
    if (model.template === null) return this.encoder.encode(model, text, { wrap: true });
    const rendered = model.template.render([{ role: 'user', content: text }]);
    return rendered.ok ? this.encoder.encode(model, rendered.value, { wrap: false }) : rendered;
  }
}

async function readTrace(engine: EnginePort, model: ServedModel): Promise<Result<Uint8Array>> {
  const trace = await engine.trace(model.release);
  if (!trace.ok) return trace;
  if (trace.value !== null) return ok(trace.value);
  const message = `No routing of ${model.name} has been recorded: set ROUTING_TRACE_MB, start again, and let it answer.`;
  return err(new CodedError('TRACE_ABSENT', message, {}, 404));
}
