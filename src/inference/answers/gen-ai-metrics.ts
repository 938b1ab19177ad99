import type { Clock } from '../../common/index.js';
import type { MetricRegistry } from '../../common/observation/metric-registry.js';
import { LatencyWindow } from './latency-window.js';

/** What a request asks for, in the words of OpenTelemetry's conventions. */
export type Operation = 'chat' | 'text_completion' | 'embeddings';

/** `gen_ai.provider.name` of everything made here. */
export const PROVIDER = 'stemma';

/** Bucket bounds as the conventions recommend them, seconds and tokens. */
const BOUNDS = {
  duration: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  firstToken: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  perToken: [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5],
  tokens: Array.from({ length: 14 }, (_, i) => 4 ** i),
};

const SHARED = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const;

/** Times of one answer as the engine measured them, ms. */
export interface AnswerTimings {
  readonly queuedMs: number;
  readonly firstTokenMs: number;
  readonly decodeMs: number;
}

/**
 * Histograms under the names of OpenTelemetry's semantic conventions for generative AI, as Prometheus writes them; they have none for
 * the time in the queue, which is therefore named as the server's own. Models are named without their version, so that releases do not
 * add series.
 */
export class GenAiMetrics {
  /** What the histograms of the same names were fed lately, ms. */
  readonly latest: { readonly firstToken: LatencyWindow; readonly perToken: LatencyWindow };
  private readonly duration;
  private readonly firstToken;
  private readonly perToken;
  private readonly queued;
  private readonly usage;

  constructor(metrics: MetricRegistry, clock: Clock) {
    this.latest = { firstToken: new LatencyWindow(clock), perToken: new LatencyWindow(clock) };
    this.duration = metrics.histogram(
      {
        name: 'gen_ai_server_request_duration_seconds',
        help: 'From a prepared request to its last token and receipt.',
        labels: [...SHARED, 'error_type'],
      },
      BOUNDS.duration,
    );
    this.firstToken = metrics.histogram(
      {
        name: 'gen_ai_server_time_to_first_token_seconds',
        help: 'From the queue to the first token of an answer.',
        labels: SHARED,
      },
      BOUNDS.firstToken,
    );
    this.perToken = metrics.histogram(
      {
        name: 'gen_ai_server_time_per_output_token_seconds',
        help: 'Mean time per token of an answer after its first.',
        labels: SHARED,
      },
      BOUNDS.perToken,
    );
    this.queued = metrics.histogram(
      {
        name: 'stemma_inference_queue_seconds',
        help: 'Time an answer waited for the engine.',
        labels: SHARED,
      },
      BOUNDS.firstToken,
    );
    this.usage = metrics.histogram(
      {
        name: 'gen_ai_client_token_usage',
        help: 'Tokens of a request: input (prompt) and output (all its answers).',
        labels: [...SHARED, 'gen_ai_token_type'],
      },
      BOUNDS.tokens,
    );
  }

  /** One answer was made. @param tokens how many it has */
  answered(operation: Operation, model: string, tokens: number, timings: AnswerTimings): void {
    const labels = labelsOf(operation, model);
    this.queued.observe(labels, timings.queuedMs / 1000);
    if (tokens > 0) {
      this.firstToken.observe(labels, timings.firstTokenMs / 1000);
      this.latest.firstToken.add(timings.firstTokenMs);
    }
    if (tokens > 1) {
      const perTokenMs = timings.decodeMs / (tokens - 1);
      this.perToken.observe(labels, perTokenMs / 1000);
      this.latest.perToken.add(perTokenMs);
    }
  }

  /** A request was answered. @param output null where nothing is generated */
  completed(
    operation: Operation,
    model: string,
    seconds: number,
    input: number,
    output: number | null,
  ): void {
    const labels = labelsOf(operation, model);
    this.duration.observe(labels, seconds);
    this.usage.observe({ ...labels, gen_ai_token_type: 'input' }, input);
    if (output !== null) this.usage.observe({ ...labels, gen_ai_token_type: 'output' }, output);
  }

  /** A request was refused. @param code the refusal's */
  refused(operation: Operation, model: string, seconds: number, code: string): void {
    this.duration.observe({ ...labelsOf(operation, model), error_type: code }, seconds);
  }
}

function labelsOf(operation: Operation, model: string) {
  return {
    gen_ai_operation_name: operation,
    gen_ai_provider_name: PROVIDER,
    gen_ai_request_model: model,
  };
}
