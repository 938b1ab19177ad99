import { Injectable, Optional } from '@nestjs/common';
import { LoadShedding } from '../../common/autonomy/load-shedding.js';
import { EventBus, systemClock } from '../../common/index.js';
import { LiveFigures } from '../../common/observation/live-figures.js';
import { MetricRegistry } from '../../common/observation/metric-registry.js';
import { Tracing } from '../../common/observation/tracing.js';
import { AppConfig } from '../../config/index.js';
import { EngineCapacity } from '../engine/engine-capacity.js';
import { ENGINE_STREAMS } from '../engine/engine-factory.js';
import type { EngineEvent } from '../engine/engine-port.js';
import { AdmissionQueue } from './admission.js';
import type { Answer, PreparedAnswer } from './answer-request.js';
import { GenAiMetrics } from './gen-ai-metrics.js';
import { RequestRecord, type RequestFacts } from './request-record.js';
import type { LatencyWindow } from './latency-window.js';
import { Throughput } from './throughput.js';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts answers and tokens, tells the dashboard, and knows how full the queue is. */
@Injectable()
export class AnswerMeter {
  readonly queue: AdmissionQueue;
  private readonly throughput = new Throughput(systemClock);
  private readonly answers;
  private readonly tokens;
  private readonly firstToken;
  private readonly genAi;

  constructor(
    config: AppConfig,
    metrics: MetricRegistry,
    figures: LiveFigures,
    private readonly events: EventBus,
    private readonly tracing: Tracing,
    @Optional() shedding?: LoadShedding,
    @Optional() capacity?: EngineCapacity,
  ) {
    this.genAi = new GenAiMetrics(metrics, systemClock);
    const limits = {
      // Asked each time: guardians and the autopilot make the engine larger and smaller.
      get streams() {
        return capacity?.streams ?? ENGINE_STREAMS;
      },
      maxQueue: config.maxQueue,
    };
    this.queue = new AdmissionQueue(limits, this.throughput, shedding);
    this.answers = metrics.counter({
      name: 'stemma_inference_answers_total',
      help: 'Answers by how they ended.',
      labels: ['finish'],
    });
    this.tokens = metrics.counter({
      name: 'stemma_inference_tokens_total',
      help: 'Tokens read (prompt) and made (completion).',
      labels: ['kind'],
    });
    this.firstToken = metrics.histogram(
      { name: 'stemma_inference_first_token_seconds', help: 'From the request to the first token.' },
      SECONDS,
    );
    metrics.gauge(
      { name: 'stemma_inference_queue_answers', help: 'Answers that wait for the engine.' },
      (gauge) => gauge.set(this.queue.waiting),
    );
    figures.register('tokens_per_second', () => this.throughput.lastSecond());
    figures.register('queue_depth', () => this.queue.waiting);
    figures.register('active_answers', () => this.queue.size - this.queue.waiting);
    const { firstToken, perToken } = this.genAi.latest;
    figures.registerGroup(() => ({
      ...named('first_token', firstToken),
      ...named('output_token', perToken),
    }));
  }

  /** A request begins, whatever it asks for; end the record in any case. */
  record(facts: RequestFacts): RequestRecord {
    return new RequestRecord(facts, this.genAi, this.tracing);
  }

  /** An answer begins. */
  started(id: string, prepared: PreparedAnswer): void {
    this.events.emit('inference.started', { id, model: prepared.model.name });
  }

  /** The engine told something of it. */
  event(id: string, event: EngineEvent): void {
    if (event.type === 'token') this.throughput.add(1);
    if (event.type === 'routing') this.events.emit('inference.routing', { id, counts: event.counts });
  }

  /** It ended in an answer. */
  finished(id: string, prepared: PreparedAnswer, answer: Answer): void {
    const { completionTokens, finish, receipt, timings } = answer;
    this.answers.inc({ finish });
    this.tokens.inc({ kind: 'prompt' }, prepared.promptIds.length);
    this.tokens.inc({ kind: 'completion' }, completionTokens);
    if (completionTokens > 0) this.firstToken.observe(timings.firstTokenMs / 1000);
    this.events.emit('inference.finished', {
      id,
      model: prepared.model.name,
      receipt: receipt?.id ?? null,
      promptTokens: prepared.promptIds.length,
      completionTokens,
      tokensPerSecond: timings.decodeMs === 0 ? 0 : (completionTokens * 1000) / timings.decodeMs,
      firstTokenMs: timings.firstTokenMs,
    });
  }

  /** Tokens were read that no answer follows. */
  read(tokens: number): void {
    this.tokens.inc({ kind: 'prompt' }, tokens);
  }

  /** It ended in a refusal. */
  failed(id: string, prepared: PreparedAnswer): void {
    this.answers.inc({ finish: 'failed' });
    const nothing = { completionTokens: 0, tokensPerSecond: 0, firstTokenMs: 0, receipt: null };
    const promptTokens = prepared.promptIds.length;
    this.events.emit('inference.finished', { id, model: prepared.model.name, promptTokens, ...nothing });
  }
}

/** What a window holds as figures: `<name>_count`, `<name>_p50_ms`, `<name>_p95_ms`. */
function named(name: string, window: LatencyWindow): Readonly<Record<string, number>> {
  const { count, p50, p95 } = window.summary();
  return { [`${name}_count`]: count, [`${name}_p50_ms`]: p50, [`${name}_p95_ms`]: p95 };
}
