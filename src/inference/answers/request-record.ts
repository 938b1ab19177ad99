import {
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api';
import { CodedError, type Result } from '../../common/index.js';
import type { Tracing } from '../../common/observation/tracing.js';
import type { Answer } from './answer-request.js';
import { PROVIDER, type GenAiMetrics, type Operation } from './gen-ai-metrics.js';
import { traceContext } from './trace-parent.js';

/** What is known of a request before it is worked on. Nothing of what people wrote is among it. */
export interface RequestFacts {
  readonly operation: Operation;
  /** Name of the model, without its version. */
  readonly model: string;
  readonly version: string;
  /** Further attributes of the span. */
  readonly attributes: Attributes;
  /** The request's `traceparent` header. */
  readonly traceParent?: string;
}

/** What came of it, in tokens; `output` is null where nothing is generated. */
export interface RequestUsage {
  readonly input: number;
  readonly output: number | null;
  readonly attributes?: Attributes;
}

/** One request from its first step to its end: a span, when traces are collected, and the `gen_ai` metrics. */
export class RequestRecord {
  private readonly begun = performance.now();
  private readonly span: Span | null;
  private readonly context: Context;

  constructor(
    private readonly facts: RequestFacts,
    private readonly metrics: GenAiMetrics,
    private readonly tracing: Tracing,
  ) {
    this.context = traceContext(facts.traceParent);
    const { tracer } = tracing;
    this.span =
      tracer?.startSpan(
        `${facts.operation} ${facts.model}`,
        { kind: SpanKind.SERVER, attributes: { ...attributesOf(facts), ...facts.attributes } },
        this.context,
      ) ?? null;
  }

  /**
   * One answer of the request was made: its times become child spans `queue`, `prefill` and `decode`.
   * @param startedAt when it went to the engine, ms since the epoch
   */
  answered(answer: Answer, choice: number, startedAt: number): void {
    const { operation, model } = this.facts;
    const { completionTokens, timings } = answer;
    this.metrics.answered(operation, model, completionTokens, timings);
    if (this.span === null) return;
    const parent = trace.setSpan(this.context, this.span);
    let at = startedAt;
    for (const [name, took] of [
      ['queue', timings.queuedMs],
      ['prefill', timings.prefillMs],
      ['decode', timings.decodeMs],
    ] as const) {
      const attributes = { 'stemma.choice': choice };
      this.tracing.tracer?.startSpan(name, { startTime: at, attributes }, parent).end(at + took);
      at += took;
    }
  }

  /** The request is over. */
  end<T>(result: Result<T>, usageOf: (value: T) => RequestUsage): void {
    if (!result.ok) return this.failed(result.error);
    const { input, output, attributes } = usageOf(result.value);
    const { operation, model } = this.facts;
    this.metrics.completed(operation, model, this.seconds(), input, output);
    this.span?.setAttributes({ 'gen_ai.usage.input_tokens': input, ...attributes });
    if (output !== null) this.span?.setAttribute('gen_ai.usage.output_tokens', output);
    this.span?.end();
  }

  /** The request ended in a refusal, or in something nobody expected. */
  failed(error: unknown): void {
    const code = error instanceof CodedError ? error.code : 'INTERNAL';
    this.metrics.refused(this.facts.operation, this.facts.model, this.seconds(), code);
    this.span?.setAttribute('error.type', code);
    this.span?.setStatus({ code: SpanStatusCode.ERROR });
    this.span?.end();
  }

  private seconds(): number {
    return (performance.now() - this.begun) / 1000;
  }
}

function attributesOf({ operation, model, version }: RequestFacts): Attributes {
  return {
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': PROVIDER,
    // The name of that attribute until version 1.36 of the conventions.
    'gen_ai.system': PROVIDER,
    'gen_ai.request.model': model,
    'gen_ai.response.model': `${model}@${version}`,
  };
}
