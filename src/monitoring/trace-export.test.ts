import { jest } from '@jest/globals';
import type { Tracer } from '@opentelemetry/api';
import { testConfig } from '../../test/support/test-config.js';
import { Tracing } from '../common/observation/tracing.js';

const tracer = {} as Tracer;
const stop = jest.fn(() => Promise.resolve());
const createTraceProvider = jest.fn(() => ({ tracer, stop }));
jest.unstable_mockModule('./trace-provider.js', () => ({ createTraceProvider }));
const { TraceExport } = await import('./trace-export.js');

describe('export of traces', () => {
  it('does nothing without a collector', async () => {
    const tracing = new Tracing();
    const sut = new TraceExport(testConfig(), tracing);
    await sut.onApplicationBootstrap();
    expect([tracing.tracer, createTraceProvider.mock.calls]).toEqual([null, []]);
    await sut.onApplicationShutdown();
  });

  it('gives out a tracer while it runs, and sends what is left when it ends', async () => {
    const tracing = new Tracing();
    const config = testConfig({ otelExporterOtlpEndpoint: 'http://127.0.0.1:4318' });
    const sut = new TraceExport(config, tracing);
    await sut.onApplicationBootstrap();
    expect(tracing.tracer).toBe(tracer);
    stop.mockImplementationOnce(() => Promise.reject(new Error('the collector is away')));
    await sut.onApplicationShutdown();
    expect([tracing.tracer, stop.mock.calls.length]).toEqual([null, 1]);
  });
});
