import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { messageOf } from '../common/index.js';
import { Tracing } from '../common/observation/tracing.js';
import { AppConfig } from '../config/index.js';
import type { TraceProvider } from './trace-provider.js';

/** Sends traces to the collector that the configuration names. Without one, nothing of OpenTelemetry's SDK is loaded. */
@Injectable()
export class TraceExport implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Tracing');
  private provider: TraceProvider | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly tracing: Tracing,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { otelExporterOtlpEndpoint: endpoint } = this.config;
    if (endpoint === null) return;
    const { createTraceProvider } = await import('./trace-provider.js');
    this.provider = createTraceProvider(this.config, endpoint, (detail) => this.logger.warn(detail));
    this.tracing.use(this.provider.tracer);
    this.logger.log(`traces go to ${endpoint}`);
  }

  /** Sends what is left, for as long as the exporter's own deadline allows. */
  async onApplicationShutdown(): Promise<void> {
    this.tracing.use(null);
    await this.provider
      ?.stop()
      .catch((thrown: unknown) => this.logger.warn(`traces were lost: ${messageOf(thrown)}`));
  }
}
