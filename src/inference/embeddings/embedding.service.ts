import { Injectable } from '@nestjs/common';
import { CodedError, err, ok, type ErrorFacts, type Result } from '../../common/index.js';
import { AnswerMeter } from '../answers/answer-meter.js';
import { boundedWork } from '../answers/bounded-work.js';
import { promptIds } from '../answers/prepare-answer.js';
import type { RequestFacts } from '../answers/request-record.js';
import { EngineHost } from '../engine/engine-host.js';
import type { EnginePort } from '../engine/engine-port.js';
import { ModelCatalog } from '../models/model-catalog.js';
import { PromptEncoder } from '../models/prompt-encoder.js';
import type { ServedModel } from '../models/served-model.js';
import type { EmbeddingInput } from './input-list.js';

/** Tokens of one request altogether. */
const MOST_TOKENS = 1 << 16;
/** Numbers one answer may hold: some 50 MB of JSON. */
const MOST_NUMBERS = 1 << 22;
/** Inputs of one request that are computed at the same time. */
const AT_ONCE = 4;

/** What is to be embedded. */
export interface EmbeddingRequest {
  /** `genesis` for the live release, `genesis@1.0.0` for a certain one. */
  readonly model: string;
  readonly inputs: readonly EmbeddingInput[];
  /** Numbers per vector; null leaves it to the model. */
  readonly dimensions: number | null;
}

/** Who wants them: when to give up, and the `traceparent` header of the request. */
export interface EmbeddingListener {
  readonly signal: AbortSignal;
  readonly traceParent?: string;
}

/** One vector per input, and how many tokens they had together. */
export interface Embeddings {
  /** float32 [hiddenSize] each, of length 1. */
  readonly vectors: readonly Float32Array[];
  readonly tokens: number;
}

/** Turns texts into vectors: the mean of the model's final hidden states. */
@Injectable()
export class EmbeddingService {
  constructor(
    private readonly catalog: ModelCatalog,
    private readonly encoder: PromptEncoder,
    private readonly host: EngineHost,
    private readonly meter: AnswerMeter,
  ) {}

  /**
   * Embeds all inputs or none. Refusals: `MODEL_NOT_FOUND`, `UNSUPPORTED_PARAMETER` (dimensions), `EMBEDDINGS_TOO_MANY`,
   * `PROMPT_TOO_LONG`, `TOKEN_UNKNOWN`, `QUEUE_FULL`, `ANSWER_TIMEOUT` and those of the engine; `CANCELLED` when the signal fires.
   */
  async embed(request: EmbeddingRequest, listener: EmbeddingListener): Promise<Result<Embeddings>> {
    const model = await this.catalog.resolve(request.model);
    if (!model.ok) return model;
    const refusal = refusedSize(request, model.value);
    if (refusal !== null) return err(refusal);
    const inputs = await this.read(request.inputs, model.value);
    if (!inputs.ok) return inputs;
    const record = this.meter.record(embeddingFacts(model.value, listener.traceParent));
    try {
      const made = await this.compute(model.value, inputs.value, listener.signal);
      record.end(made, ({ tokens }) => ({ input: tokens, output: null }));
      if (made.ok) this.meter.read(made.value.tokens);
      return made;
    } catch (thrown) {
      record.failed(thrown);
      throw thrown;
    }
  }

  private async compute(
    { engine, release }: ServedModel,
    inputs: readonly (readonly number[])[],
    signal: AbortSignal,
  ): Promise<Result<Embeddings>> {
    const admission = this.meter.queue.admit(Math.min(AT_ONCE, inputs.length), 0);
    if (!admission.ok) return admission;
    try {
      return await this.host.use(engine, async (port) => {
        const vectors = await computeAll(port, release, inputs, signal);
        const tokens = inputs.reduce((sum, ids) => sum + ids.length, 0);
        return vectors.ok ? ok({ vectors: vectors.value, tokens }) : vectors;
      });
    } finally {
      admission.value.release();
    }
  }

  private async read(
    inputs: readonly EmbeddingInput[],
    model: ServedModel,
  ): Promise<Result<readonly (readonly number[])[]>> {
    const read: (readonly number[])[] = [];
    let tokens = 0;
    for (const prompt of inputs) {
      const ids = await promptIds({ prompt }, model, (...text) => this.encoder.encode(...text));
      if (!ids.ok) return err(aboutInput(ids.error));
      const { length } = ids.value;
      if (length === 0) return refuse('PROMPT_EMPTY', 'An input holds no token.', {});
      if (length > model.context) {
        const detail = `Input ${read.length} has ${length} tokens; ${model.name} has a context of ${model.context}.`;
        return refuse('PROMPT_TOO_LONG', detail, { context: model.context });
      }
      tokens += length;
      if (tokens > MOST_TOKENS) {
        const detail = `The inputs have more than ${MOST_TOKENS} tokens together; send them in several requests.`;
        return refuse('EMBEDDINGS_TOO_MANY', detail, { most: MOST_TOKENS });
      }
      read.push(ids.value);
    }
    return ok(read);
  }
}

function embeddingFacts({ name, version, engine }: ServedModel, traceParent?: string): RequestFacts {
  const attributes = { 'gen_ai.embeddings.dimension.count': engine.config.hiddenSize };
  const facts = { operation: 'embeddings', model: name, version, attributes } as const;
  return traceParent === undefined ? facts : { ...facts, traceParent };
}

/** Computes all inputs, a few at a time and in their order; the first refusal stops the others. */
async function computeAll(
  engine: EnginePort,
  release: string,
  inputs: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Result<readonly Float32Array[]>> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const vectors: Float32Array[] = [];
  let refused: Result<never> | null = null;
  let next = 0;
  const worker = async () => {
    while (next < inputs.length && refused === null) {
      const index = next++;
      const request = { release, ids: inputs[index] };
      const vector = await boundedWork(either, (listener) => engine.embed(request, listener));
      const usable = vector.ok ? finite(vector.value) : vector;
      if (usable.ok) vectors[index] = usable.value;
      else {
        refused ??= usable;
        failure.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, inputs.length) }, worker));
  return refused ?? ok(vectors);
}

function finite(vector: Float32Array): Result<Float32Array> {
  if (vector.every(Number.isFinite)) return ok(vector);
  const detail = 'The hidden states of an input cancel out or are not finite; it has no direction.';
  return err(new CodedError('EMBEDDING_NOT_FINITE', detail, {}, 500));
}

function refusedSize({ dimensions, inputs }: EmbeddingRequest, model: ServedModel): CodedError | null {
  const { hiddenSize } = model.engine.config;
  if (dimensions !== null && dimensions !== hiddenSize) {
    const detail = `dimensions must be ${hiddenSize} for ${model.name}: its vectors mean nothing when cut.`;
    return new CodedError('UNSUPPORTED_PARAMETER', detail, { param: 'dimensions' }, 400);
  }
  const most = Math.floor(MOST_NUMBERS / hiddenSize);
  if (inputs.length <= most) return null;
  const detail = `At most ${most} inputs of this model at once.`;
  return new CodedError('EMBEDDINGS_TOO_MANY', detail, { param: 'input', most }, 400);
}

/** The refusal of a prompt, in the name this endpoint has for it. */
function aboutInput({ code, message, facts, status }: CodedError): CodedError {
  return new CodedError(code, message, { ...facts, param: 'input' }, status);
}

function refuse(code: string, detail: string, facts: ErrorFacts): Result<never> {
  return err(new CodedError(code, detail, { ...facts, param: 'input' }, 400));
}
