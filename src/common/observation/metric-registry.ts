import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * How a metric is described. Its name carries the unit (`stemma_inference_tokens_total`, `…_seconds`, `…_bytes`); `gen_ai_…` are the
 * names of OpenTelemetry's conventions as Prometheus writes them.
 */
export interface MetricOptions<L extends string = string> {
  readonly name: `stemma_${string}` | `gen_ai_${string}`;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** How often the event loop's delay is sampled, ms: each sample wakes an idle server. */
const EVENT_LOOP_EVERY_MS = 250;

/** Where modules register their metrics; `GET /metrics` prints them. Asking for the same name twice gives the same metric. */
@Injectable()
export class MetricRegistry {
  private readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({
      ...{ register: this.registry, prefix: 'stemma_' },
      eventLoopMonitoringPrecision: EVENT_LOOP_EVERY_MS,
    });
  }

  /** A number that only grows. */
  counter<L extends string = string>({ name, help, labels = [] }: MetricOptions<L>): Counter<L> {
    const existing = this.registry.getSingleMetric(name) as Counter<L> | undefined;
    return existing ?? new Counter({ name, help, labelNames: [...labels], registers: [this.registry] });
  }

  /** A number that goes up and down. @param collect asked for the value when the metrics are read */
  gauge<L extends string = string>(
    { name, help, labels = [] }: MetricOptions<L>,
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L> {
    const existing = this.registry.getSingleMetric(name) as Gauge<L> | undefined;
    if (existing) return existing;
    const options = { name, help, labelNames: [...labels], registers: [this.registry] };
    return new Gauge<L>(
      collect === undefined
        ? options
        : {
            ...options,
            collect() {
              return collect(this);
            },
          },
    );
  }

  /** A distribution. @param buckets upper bounds in the metric's unit */
  histogram<L extends string = string>(
    { name, help, labels = [] }: MetricOptions<L>,
    buckets: readonly number[],
  ): Histogram<L> {
    const existing = this.registry.getSingleMetric(name) as Histogram<L> | undefined;
    return (
      existing ??
      new Histogram({
        name,
        help,
        labelNames: [...labels],
        buckets: [...buckets],
        registers: [this.registry],
      })
    );
  }

  /** All metrics in the Prometheus text format. */
  print(): Promise<string> {
    return this.registry.metrics();
  }

  /** The content type of that text. */
  get contentType(): string {
    return this.registry.contentType;
  }
}
