import { diag, DiagLogLevel, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { packageVersion } from '../common/installation.js';
import type { AppConfig } from '../config/index.js';

/** Spans on their way to a collector. */
export interface TraceProvider {
  readonly tracer: Tracer;
  /** Sends what is left and ends. */
  stop(): Promise<void>;
}

/** Longest time one batch may take to be sent, ms; it bounds how long a stop waits for a collector that is away. */
const EXPORT_TIMEOUT_MS = 5_000;
/** A collector that stays away is mentioned at most this often, ms. */
const WARN_EVERY_MS = 60_000;

/**
 * Starts OpenTelemetry's SDK. Batches wait in a bounded queue; spans over it are dropped. Headers, compression and certificates of
 * the exporter come from the standard `OTEL_EXPORTER_OTLP_…` variables.
 * @param endpoint base URL of the collector  @param warn told what the SDK complains of
 */
export function createTraceProvider(
  config: Pick<AppConfig, 'otelServiceName' | 'otelTracesSamplerArg'>,
  endpoint: string,
  warn: (detail: string) => void,
): TraceProvider {
  const version = packageVersion();
  tellComplaints(warn);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const own = { 'service.name': config.otelServiceName, 'service.version': version };
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(own)),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.otelTracesSamplerArg) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  return { tracer: provider.getTracer('stemma', version), stop: () => provider.shutdown() };
}

function tellComplaints(warn: (detail: string) => void): void {
  let last = -Infinity;
  const tell = (message: string) => {
    const now = performance.now();
    if (now - last < WARN_EVERY_MS) return;
    last = now;
    warn(`OpenTelemetry: ${message}`);
  };
  const ignore = () => undefined;
  diag.setLogger(
    { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
